import { expect, test } from 'vitest';
import { closeCalls } from './close-calls.ts';
import type { Pair } from './pair.ts';
import type { Story } from './stories.ts';
import { story } from './story.fixture.ts';

const S = 1_000;
const MEMORY = 300 * S;
type Told = [seconds: number, kind: string, reason: string];
const decided = (...all: Told[]): Story['decisions'] =>
  all.map(([seconds, kind, reason]) => ({ at: seconds * S, kind, reason }));
const WAITS: Told = [1, 'defer', 'cooldown'];
const kindOf = (pair: Pair) => closeCalls([pair], MEMORY).get(pair);
const pairOf = (was: Told[], now: Told[], ended: number[], change: Partial<Story> = {}): Pair => ({
  was: story({ decisions: decided(...was), ended: ended.map((at) => at * S) }),
  now: story({ decisions: decided(...now), ended: ended.map((at) => at * S), ...change }),
});

test('an action right before the alert ended, where the other had not looked by then, is a matter of the moment', () => {
  const acts: Told = [30, 'act', 'first_attempt'];
  expect(kindOf(pairOf([WAITS], [WAITS, acts], [35]))).toBe('moment');
  expect(kindOf(pairOf([WAITS, acts], [WAITS], [30]))).toBe('moment');
  expect(kindOf(pairOf([WAITS, acts], [WAITS, [40, 'defer', 'paused']], [32]))).toBe('moment');
});

test('so is a wait that lasted too long right before the alert ended', () => {
  expect(kindOf(pairOf([WAITS, [45, 'escalate', 'waited_too_long']], [WAITS], [46]))).toBe('moment');
});

test('an action more than 5 s before the end, or after it, is a difference', () => {
  const acts: Told = [30, 'act', 'first_attempt'];
  expect(kindOf(pairOf([WAITS], [WAITS, acts], [36]))).toBeUndefined();
  expect(kindOf(pairOf([WAITS], [WAITS, acts], [29]))).toBeUndefined();
});

test('where the other file decided otherwise before the end, it is a difference', () => {
  const acts: Told = [30, 'act', 'first_attempt'];
  const other: Told = [30, 'escalate', 'budget_exhausted'];
  expect(kindOf(pairOf([WAITS, acts], [WAITS, other], [32]))).toBeUndefined();
  expect(
    kindOf(pairOf([[1, 'act', 'first_attempt']], [[1, 'defer', 'approval_required']], [3])),
  ).toBeUndefined();
});

test('where a person would have been asked, it is a difference', () => {
  const asks: Told = [30, 'defer', 'approval_required'];
  const asked = { asked: [30 * S] };
  expect(kindOf(pairOf([[30, 'act', 'first_attempt']], [asks], [30], asked))).toBeUndefined();
});

test('both decided to act, and one found it over before it called', () => {
  const acts: Told = [30, 'act', 'trial'];
  expect(kindOf(pairOf([acts], [acts], [32], { actions: [] }))).toBe('moment');
  expect(kindOf(pairOf([acts], [acts], [32]))).toBeUndefined();
  expect(kindOf(pairOf([acts], [acts], [40], { actions: [] }))).toBeUndefined();
});

test('one saw what it depends on well and the other not yet', () => {
  const unwell: Told = [2, 'defer', 'dependency_unhealthy'];
  expect(kindOf(pairOf([[2.1, 'defer', 'settle']], [unwell], []))).toBe('moment');
  expect(kindOf(pairOf([[8, 'defer', 'settle']], [unwell], []))).toBeUndefined();
});

test('what its target went through in such a one follows, as long as a decision looks back', () => {
  const first = pairOf([WAITS], [WAITS, [30, 'act', 'trial']], [32]);
  const later = (openedAt: number, reason: string, target = 'sim:api'): Pair => ({
    was: story({ openedAt: openedAt * S, target }),
    now: story({ openedAt: openedAt * S, target, decisions: decided([openedAt, 'escalate', reason]) }),
  });
  const spent = later(200, 'budget_exhausted');
  const others = [
    later(200, 'budget_exhausted', 'sim:web'),
    later(210, 'no_target'),
    later(900, 'quarantined'),
  ];
  expect([...closeCalls([first, spent, ...others], MEMORY)]).toEqual([
    [first, 'moment'],
    [spent, 'follows'],
  ]);
});

test('an incident that only one of both has is a difference', () => {
  expect(kindOf({ was: story(), now: null })).toBeUndefined();
  expect(kindOf({ was: null, now: story() })).toBeUndefined();
});
