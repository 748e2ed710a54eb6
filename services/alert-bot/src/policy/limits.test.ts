import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Budget } from '../domain/playbook.ts';
import { attempt, HOUR, MINUTE, NOW, SECOND } from './facts.fixture.ts';
import { backoffAfter, budgetFreeAt, quarantineFor, spentBudget } from './limits.ts';

const reserved = (...ago: number[]) => ago.map((one) => attempt(one));

describe('budgetFreeAt', () => {
  const twice: Budget = { attempts: 2, per: 10 * MINUTE };
  test.each<[name: string, ago: number[], freeIn: number | null]>([
    ['G4: nothing was made', [], null],
    ['G4: one is left', [MINUTE], null],
    ['G4: spent until the older one leaves', [9 * MINUTE, MINUTE], MINUTE],
    ['G4: one that is reserved now counts', [0, 0], 10 * MINUTE],
    ['G4: exactly as long ago as the window has left it', [10 * MINUTE, MINUTE], null],
    ['G4: a millisecond less has not', [10 * MINUTE - 1, MINUTE], 1],
    // A limit that was lowered: it is free when all but one of the attempts have left, not when the first has.
    ['G4: more in the window than allowed', [9 * MINUTE, 8 * MINUTE, 7 * MINUTE], 2 * MINUTE],
    ['G4: the order does not matter', [MINUTE, 9 * MINUTE], MINUTE],
    // The clock went back: what it has not reached yet counts, and is waited for.
    ['G4: attempts of a time to come count', [-MINUTE, -2 * MINUTE], 11 * MINUTE],
  ])('%s', (_, ago, freeIn) => {
    expect(budgetFreeAt(twice, reserved(...ago), NOW)).toBe(freeIn === null ? null : NOW + freeIn);
  });

  test('G4: it is free at the time it says and not a millisecond before', () => {
    fc.assert(
      fc.property(
        fc.record({ attempts: fc.integer({ min: 1, max: 4 }), per: fc.integer({ min: 1, max: 100 }) }),
        fc.array(fc.integer({ min: -50, max: 200 }), { maxLength: 12 }),
        (budget, ago) => {
          const attempts = reserved(...ago);
          const freeAt = budgetFreeAt(budget, attempts, NOW);
          const fits = ago.filter((one) => one < budget.per).length < budget.attempts;
          expect(freeAt === null).toBe(fits);
          if (freeAt === null) return;
          expect(budgetFreeAt(budget, attempts, freeAt)).toBeNull();
          expect(budgetFreeAt(budget, attempts, freeAt - 1)).not.toBeNull();
        },
      ),
      { seed: 1, numRuns: 500 },
    );
  });
});

describe('spentBudget', () => {
  const fast: Budget = { attempts: 1, per: MINUTE };
  const slow: Budget = { attempts: 2, per: HOUR };
  test('G4: none is spent', () => {
    expect(spentBudget([fast, slow], reserved(30 * MINUTE), NOW)).toBeNull();
    expect(spentBudget([], reserved(0, 0, 0), NOW)).toBeNull();
  });
  test('G4: all of them apply, whichever stands first', () => {
    const attempts = reserved(30 * MINUTE, 20 * MINUTE);
    const expected = { budget: slow, freeAt: NOW + 30 * MINUTE };
    expect(spentBudget([fast, slow], attempts, NOW)).toEqual(expected);
    expect(spentBudget([slow, fast], attempts, NOW)).toEqual(expected);
  });
  test('G4: of several that are spent it says the one that frees last', () => {
    const attempts = reserved(30 * MINUTE, 0);
    expect(spentBudget([fast, slow], attempts, NOW)).toEqual({ budget: slow, freeAt: NOW + 30 * MINUTE });
    expect(spentBudget([slow, fast], attempts, NOW)).toEqual({ budget: slow, freeAt: NOW + 30 * MINUTE });
  });
});

test.each([
  [1, 10 * SECOND],
  [2, 20 * SECOND],
  [3, 40 * SECOND],
  [5, 160 * SECOND],
  [6, 300 * SECOND],
  // Far beyond what a double can hold: still the maximum.
  [5_000, 300 * SECOND],
])('G4: the pause after attempt %i is %i ms', (made, expected) => {
  const backoff = { initial: 10 * SECOND, factor: 2, max: 5 * MINUTE };
  expect(backoffAfter(backoff, made)).toBe(expected);
});

test('G4: a pause is a whole number of milliseconds, constant with factor 1, never above its max', () => {
  expect(backoffAfter({ initial: 333, factor: 1.5, max: HOUR }, 2)).toBe(500);
  expect(backoffAfter({ initial: SECOND, factor: 1, max: HOUR }, 40)).toBe(SECOND);
  expect(backoffAfter({ initial: HOUR, factor: 2, max: MINUTE }, 1)).toBe(MINUTE);
  // 0 × Infinity is no number, and what is no number blocks nothing.
  expect(backoffAfter({ initial: 0, factor: 2, max: MINUTE }, 5_000)).toBe(0);
});

test.each<[name: string, quarantine: number | 'manual', times: number, expected: number | null]>([
  ['the first time', HOUR, 1, HOUR],
  ['doubles', HOUR, 2, 2 * HOUR],
  ['doubles again', HOUR, 5, 16 * HOUR],
  ['up to a day', HOUR, 6, 24 * HOUR],
  ['and stays there', HOUR, 5_000, 24 * HOUR],
  // Who wants more than a day gets it, and no doubling beyond.
  ['longer than a day', 48 * HOUR, 1, 48 * HOUR],
  ['longer than a day, again', 48 * HOUR, 3, 48 * HOUR],
  ['manual', 'manual', 1, null],
  ['manual, again', 'manual', 9, null],
])('G4: quarantine %s', (_, quarantine, times, expected) => {
  expect(quarantineFor(quarantine, times)).toBe(expected);
});
