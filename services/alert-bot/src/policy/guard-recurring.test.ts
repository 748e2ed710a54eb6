import { expect, test } from 'vitest';
import { decide } from './decide.ts';
import { facts, HOUR, NOW, SECOND } from './facts.fixture.ts';
import { recurringGuards } from './guard-recurring.ts';

const ago = (...lengths: number[]) => lengths.map((length) => NOW - length);

test.each([
  ['nothing was just healed', null, false],
  ['twice', { at: ago(HOUR, 0), toldAt: null }, false],
  ['three times', { at: ago(2 * HOUR, HOUR, 0), toldAt: null }, true],
  ['three times in just under a day', { at: ago(24 * HOUR - 1, HOUR, 0), toldAt: null }, true],
  ['three times in a day and no less', { at: ago(24 * HOUR, HOUR, 0), toldAt: null }, false],
  ['four times, and told at the third', { at: ago(3 * HOUR, 2 * HOUR, HOUR, 0), toldAt: NOW - HOUR }, false],
  ['told a day ago, and it goes on', { at: ago(3 * HOUR, HOUR, 0), toldAt: NOW - 24 * HOUR }, true],
  ['told just under a day ago', { at: ago(3 * HOUR, HOUR, 0), toldAt: NOW - 24 * HOUR + SECOND }, false],
] as const)('G4: recurring: %s', (_, healed, told) => {
  expect(recurringGuards(healed, NOW)).toHaveLength(told ? 1 : 0);
  const decision = decide(facts({ healed }), NOW);
  if (told) expect(decision).toMatchObject({ kind: 'escalate', reason: 'recurring' });
  else expect(decision.reason).not.toBe('recurring');
});
