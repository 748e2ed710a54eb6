import { expect, test } from 'vitest';
import type { PastCall } from './calls.ts';
import { type CompareOptions, compare } from './compare.ts';
import type { Pair } from './pair.ts';
import { story } from './story.fixture.ts';

const S = 1_000;
const call = (from: number, instance = 'api-1'): PastCall => ({
  ...{ instance, verb: 'restart', from, to: from + S, code: undefined, error: undefined },
  ...{ before: null, after: null, isMade: false },
});
const of = (pairs: readonly Pair[], options: Partial<CompareOptions> = {}) =>
  compare(pairs, { made: [], notMade: [], unknownServices: new Set(), memory: 0, ...options });
const unknownOf = (pair: Pair, options: Partial<CompareOptions> = {}) =>
  of([pair], options).differences.map(({ unknown }) => unknown);
const IDLE = { actions: [], end: 'recovered' } as const;

test('the same end, as many actions and the same page are the same, whatever the seconds', () => {
  const now = story({ openedAt: 2 * S, actions: [{ at: 3 * S, instance: 'api-1' }], closedAt: 90 * S });
  const made = [{ at: 3 * S, instance: 'api-1', isKnown: true }];
  expect(of([{ was: story(), now }], { made })).toMatchObject({ same: 1, differences: [], undecided: [] });
});

test.each([
  ['end', { end: 'recovered' }],
  ['number of actions', { actions: [] }],
  ['page', { escalated: 'unproven' }],
  ['question', { asked: [S] }],
] as const)('another %s is a difference', (_, change) => {
  expect(of([{ was: story(), now: story(change) }])).toMatchObject({ same: 0, differences: [{}] });
});

test('an incident that only one of both has is a difference', () => {
  const { differences, was, now } = of([
    { was: story(), now: null },
    { was: null, now: story() },
  ]);
  expect(differences).toHaveLength(2);
  expect([was.incidents, now.incidents]).toEqual([1, 1]);
});

test('an action that the past did not make, and one that it alone made, are not known; each of the right instance only', () => {
  const pair = { was: story(), now: story() };
  expect(unknownOf(pair, { made: [{ at: S, instance: 'api-1', isKnown: false }] })).toEqual([
    ['acted_otherwise'],
  ]);
  expect(unknownOf(pair, { made: [{ at: S, instance: 'api-2', isKnown: false }] })).toEqual([]);
  expect(unknownOf(pair, { notMade: [call(1.9 * S)] })).toEqual([['not_acted']]);
  expect(unknownOf(pair, { notMade: [call(2 * S)] })).toEqual([]);
  expect(unknownOf(pair, { notMade: [call(S, 'api-2')] })).toEqual([]);
});

test('a question that nobody was asked then, and a service that nobody knows, are not known', () => {
  const asks = { was: story(IDLE), now: story({ ...IDLE, asked: [S] }) };
  expect(unknownOf(asks)).toEqual([['asked']]);
  expect(unknownOf({ was: asks.now, now: asks.now })).toEqual([]);
  const { unknown } = of([{ was: story(), now: story() }], { unknownServices: new Set(['api']) });
  expect(unknown).toMatchObject({ no_service: 1, asked: 0 });
});

test('what a moment decided is no difference: it is told apart, with nothing else said of it', () => {
  const acts = { at: 30 * S, kind: 'act', reason: 'trial' };
  const was = story({ end: 'handed_over', escalated: 'quarantined', decisions: [], ended: [32 * S] });
  const now = story({
    ...was,
    end: 'healed',
    decisions: [acts],
    actions: [{ at: 30 * S, instance: 'api-1' }],
  });
  const outlook = of([{ was: { ...was, actions: [] }, now }], {
    made: [{ at: 30 * S, instance: 'api-1', isKnown: false }],
  });
  expect(outlook).toMatchObject({
    ...{ same: 0, differences: [], undecided: [{ unknown: ['moment'] }] },
    unknown: { moment: 1, acted_otherwise: 0 },
  });
});

test('totals count each side by itself, and by playbook', () => {
  const defers = { at: 0, kind: 'defer', reason: 'cooldown' };
  const outlook = of([
    { was: story(), now: story({ ...IDLE, decisions: [defers], playbook: 'other' }) },
    { was: story({ end: 'with_a_person', escalated: 'unproven', playbook: null }), now: null },
    { was: null, now: story({ end: 'dismissed', actions: [], asked: [S] }) },
  ]);
  const none = { incidents: 0, actions: 0, escalated: 0, asked: 0, deferred: 0 };
  const nothing = { ...none, healed: 0, recovered: 0, dismissed: 0 };
  expect(outlook.was).toEqual({ ...nothing, incidents: 2, actions: 2, escalated: 1, healed: 1 });
  expect(outlook.now).toEqual({
    ...nothing,
    incidents: 2,
    asked: 1,
    deferred: 1,
    recovered: 1,
    dismissed: 1,
  });
  expect(outlook.playbooks).toEqual([
    {
      name: 'errors',
      was: { ...nothing, incidents: 1, actions: 1, healed: 1 },
      now: { ...nothing, incidents: 1, asked: 1, dismissed: 1 },
    },
    { name: 'other', was: nothing, now: { ...nothing, incidents: 1, deferred: 1, recovered: 1 } },
  ]);
});
