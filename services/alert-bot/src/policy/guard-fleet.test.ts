import { describe, expect, test } from 'vitest';
import type { Facts, StormFact } from '../domain/facts.ts';
import { decide } from './decide.ts';
import { FLEET_LIMITS, facts, fleet, MINUTE, NOW, SECOND } from './facts.fixture.ts';

const decided = (...changes: Partial<Facts>[]) => {
  const decision = decide(facts(...changes), NOW);
  return decision.kind === 'defer'
    ? { reason: decision.reason, until: decision.until }
    : { reason: decision.reason };
};
const ALLOWED = { reason: 'first_attempt' };
const BUSY = { reason: 'blast_radius', until: null };

/** Others that were acted on so long ago. */
const others = (...ago: number[]) => ago.map((length, i) => ({ target: `other-${i}`, at: NOW - length }));
const bounded = (count: number, percent: number, size: number, ...ago: number[]) =>
  fleet({
    limits: { ...FLEET_LIMITS, targets: { count, percent, per: 10 * MINUTE } },
    recent: others(...ago),
    size: { known: size },
  });

describe('G5: actions at once', () => {
  const at = (acting: number, before: number, concurrent: number) =>
    fleet({
      limits: { ...FLEET_LIMITS, concurrent },
      acting: Array.from({ length: acting }, (_, i) => `acting-${i}`),
      queuedBefore: Array.from({ length: before }, (_, i) => String(i)),
    });
  test.each([
    ['one of one', at(1, 0, 1), BUSY],
    ['one of two', at(1, 0, 2), ALLOWED],
    ['one acts and one goes first, of two', at(1, 1, 2), BUSY],
    ['one goes first, of one', at(0, 1, 1), BUSY],
    ['one goes first, of two', at(0, 1, 2), ALLOWED],
    ['none', at(0, 0, 1), ALLOWED],
  ])('%s', (_, changes, expected) => expect(decided(changes)).toEqual(expected));

  test('one of the same dependency tree at a time, whatever may act at once', () => {
    const tree = { acting: ['db'], actingInTree: ['db'], limits: { ...FLEET_LIMITS, concurrent: 9 } };
    expect(decided(fleet(tree))).toEqual({ reason: 'action_in_progress', until: null });
    expect(decided(fleet({ ...tree, actingInTree: [] }))).toEqual(ALLOWED);
  });
});

describe('G5: targets per window', () => {
  test.each([
    ['count: two of three', bounded(3, 100, 10, MINUTE, MINUTE), ALLOWED],
    [
      'count: three of three, until the oldest leaves the window',
      bounded(3, 100, 10, 9 * MINUTE, MINUTE, MINUTE),
      { reason: 'blast_radius', until: NOW + MINUTE },
    ],
    ['count: what left the window is free', bounded(3, 100, 10, 10 * MINUTE, MINUTE, MINUTE), ALLOWED],
    [
      'more than allowed, after a reload: until enough have left',
      bounded(1, 100, 10, 9 * MINUTE, 4 * MINUTE),
      { reason: 'blast_radius', until: NOW + 6 * MINUTE },
    ],
    // 34 % of 3 is 1.02, rounded up: two.
    ['share: rounded up, the second one is allowed', bounded(9, 34, 3, MINUTE), ALLOWED],
    [
      'share: the third one is not',
      bounded(9, 34, 3, 2 * MINUTE, MINUTE),
      { reason: 'blast_radius', until: NOW + 8 * MINUTE },
    ],
    ['share: at least one', bounded(9, 1, 2), ALLOWED],
    ['share: and no second', bounded(9, 1, 2, MINUTE), { reason: 'blast_radius', until: NOW + 9 * MINUTE }],
    ['share: exactly half of four are two', bounded(9, 50, 4, MINUTE), ALLOWED],
    [
      'share: exactly half of four are no three',
      bounded(9, 50, 4, MINUTE, MINUTE),
      { reason: 'blast_radius', until: NOW + 9 * MINUTE },
    ],
    [
      'the stricter of both holds',
      bounded(1, 100, 10, MINUTE),
      { reason: 'blast_radius', until: NOW + 9 * MINUTE },
    ],
  ])('%s', (_, changes, expected) => expect(decided(changes)).toEqual(expected));

  test('how many there are is unknown: blocked', () => {
    const decision = decide(facts(fleet({ size: { unknown: 'the platform is away' } })), NOW);
    expect(decision).toMatchObject({ kind: 'defer', reason: 'guard_unavailable' });
    expect(decision.guards).toContainEqual({
      guard: 'targets',
      answer: 'unknown',
      because: 'the platform is away',
    });
  });
});

describe('G6: released from a storm, with half the limits and at least one', () => {
  const released: { storm: StormFact } = {
    storm: { phase: 'released', began: NOW - MINUTE, incidents: 12, calmAt: NOW - SECOND, before: [] },
  };
  const acting = (count: number, concurrent: number) =>
    fleet({
      limits: { ...FLEET_LIMITS, concurrent },
      acting: Array.from({ length: count }, (_, i) => `acting-${i}`),
    });
  test.each([
    ['two of four', acting(2, 4), BUSY],
    ['one of four', acting(1, 4), ALLOWED],
    ['none of one', acting(0, 1), ALLOWED],
    ['one of three', acting(1, 3), BUSY],
    [
      'two targets of four',
      bounded(4, 100, 10, MINUTE, MINUTE),
      { reason: 'blast_radius', until: NOW + 9 * MINUTE },
    ],
    ['one target of four', bounded(4, 100, 10, MINUTE), ALLOWED],
  ])('%s', (_, changes, expected) => expect(decided(released, changes)).toEqual(expected));
});
