import { expect, test } from 'vitest';
import type { Facts, StormFact } from '../domain/facts.ts';
import { decide } from './decide.ts';
import { actingElsewhere, FLEET_LIMITS, facts, fleet, incident, MINUTE, NOW } from './facts.fixture.ts';

const decided = (...changes: Partial<Facts>[]) => {
  const { guards: _, ...decision } = decide(facts(...changes), NOW);
  return decision;
};
const overdue = incident({ deadline: NOW });
const storm = (changes: Partial<StormFact> = {}): { storm: StormFact } => ({
  storm: { phase: 'held', began: NOW - MINUTE, incidents: 12, calmAt: NOW + MINUTE, before: [], ...changes },
});
const released = (...before: string[]) => storm({ phase: 'released', before });
const acts = { kind: 'act', reason: 'first_attempt', step: 0, also: [] };

test('G4: a clock that jumped, either way, holds until it was steady', () => {
  for (const by of [40_000, -40_000])
    expect(decided({ clockJump: { by, until: NOW + MINUTE } })).toEqual({
      kind: 'defer',
      reason: 'clock_jump',
      until: NOW + MINUTE,
      also: [],
    });
});

test('G7: the hold of a clock ends with the wait of the incident', () => {
  const decision = decided({ clockJump: { by: 40_000, until: NOW + MINUTE } }, overdue);
  expect(decision).toMatchObject({ kind: 'escalate', reason: 'waited_too_long', also: ['clock_jump'] });
});

test('G6: a storm holds, and lasts as long as it lasts: a person was told of it', () => {
  const held = { kind: 'defer', reason: 'storm', until: NOW + MINUTE, also: [] };
  expect(decided(storm())).toEqual(held);
  expect(decided(storm(), overdue)).toEqual(held);
});

test('G6: after it one is released at a time, the first in line', () => {
  expect(decided(released('7', '8'))).toEqual({ kind: 'defer', reason: 'storm', until: null, also: [] });
  expect(decided(released())).toEqual(acts);
});

test('G6: and with half the limits, of which one is left at least', () => {
  const two = { ...FLEET_LIMITS, concurrent: 2 };
  const blocked = { kind: 'defer', reason: 'blast_radius' };
  expect(decided(actingElsewhere(1, 2))).toEqual(acts);
  expect(decided(actingElsewhere(1, 2), released())).toMatchObject(blocked);
  expect(decided(actingElsewhere(0, 1), released())).toEqual(acts);

  const recent = (count: number) =>
    fleet({
      limits: { ...two, targets: { count: 4, percent: 100, per: 10 * MINUTE } },
      recent: Array.from({ length: count }, (_, i) => ({
        target: `supervisor:other-${i}`,
        at: NOW - MINUTE,
      })),
    });
  expect(decided(recent(2))).toEqual(acts);
  expect(decided(recent(2), released())).toMatchObject(blocked);
  expect(decided(recent(1), released())).toEqual(acts);
});
