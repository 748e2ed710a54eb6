import { expect, test } from 'vitest';
import type { Instance, Target } from '../domain/target.ts';
import { aroundCall, createCalls, type PastCall, SAME_CALL } from './calls.ts';

const S = 1_000;
const instance = (change: Partial<Instance> = {}): Instance => ({
  ...{ id: 'api-1', name: 'api-1', running: true, createdAt: 0, startedAt: 1, finishedAt: null },
  ...{ restartCount: 0, exitCode: null, atRest: null, health: 'unhealthy', healthDetail: '' },
  ...change,
});
const target = (one: Instance): Target => ({
  ...{ id: 'sim:api', service: 'api', labels: {}, dependsOn: [], protectedBecause: null },
  instances: [one],
});

const BEFORE = instance();
const AFTER = instance({ startedAt: 101 * S, finishedAt: 100 * S, health: 'healthy' });
/** A restart from the 100th second to the 101st. */
const past = (change: Partial<PastCall> = {}): PastCall => ({
  ...{ instance: 'api-1', verb: 'restart', from: 100 * S, to: 101 * S, code: undefined, error: undefined },
  ...{ before: BEFORE, after: AFTER, isMade: false },
  ...change,
});
const seenAs = (calls: ReturnType<typeof createCalls>, seen: Instance, now: number) =>
  calls.show(target(seen), now).instances[0];

test('a call within 15 s of one of the past is that one, once; on another instance, or otherwise, it is none', () => {
  const calls = createCalls([past()]);
  expect(calls.take('restart', 'api-2', 100 * S)).toBeNull();
  expect(calls.take('start', 'api-1', 100 * S)).toBeNull();
  expect(calls.take('restart', 'api-1', 100 * S - SAME_CALL - 1)).toBeNull();
  expect(calls.take('restart', 'api-1', 100 * S + SAME_CALL)?.from).toBe(100 * S);
  expect(calls.take('restart', 'api-1', 100 * S)).toBeNull();
  expect(calls.notMade()).toEqual([]);
});

test('two calls that are later than two of the past are those two, in their order', () => {
  const calls = createCalls([past(), past({ from: 112 * S, to: 113 * S })]);
  expect(calls.take('restart', 'api-1', 108 * S)?.from).toBe(100 * S);
  expect(calls.take('restart', 'api-1', 120 * S)?.from).toBe(112 * S);
});

test('what a call of the past changed is shown where it is made now', () => {
  const calls = createCalls([past()]);
  calls.take('restart', 'api-1', 103 * S);
  expect(seenAs(calls, AFTER, 110 * S)).toEqual(AFTER);
});

test('where it is not made, nothing has changed as long as it still may be, and then only that it was started', () => {
  const calls = createCalls([past()]);
  expect(seenAs(calls, AFTER, 115 * S)).toEqual(BEFORE);
  expect(seenAs(calls, AFTER, 115 * S + 1)).toEqual({ ...AFTER, startedAt: 1, finishedAt: null });
});

test('where it is not made, what is stopped and not started yet is as before', () => {
  const calls = createCalls([past()]);
  expect(seenAs(calls, instance({ running: false, finishedAt: 100 * S }), 100.5 * S)).toEqual(BEFORE);
});

test('a restart by somebody else later is shown, whatever was called before', () => {
  const calls = createCalls([past()]);
  const theirs = instance({ startedAt: 300 * S, finishedAt: 299 * S });
  expect(seenAs(calls, theirs, 301 * S)).toEqual(theirs);
});

test('two calls of the past that are not made are both undone', () => {
  const second = instance({ startedAt: 121 * S, finishedAt: 120 * S, health: 'healthy' });
  const calls = createCalls([past(), past({ from: 120 * S, to: 121 * S, before: AFTER, after: second })]);
  expect(seenAs(calls, second, 130 * S)).toEqual({ ...AFTER, startedAt: 1, finishedAt: null });
});

test('a call that only now is made shows as a start, until a younger one is seen', () => {
  const calls = createCalls([]);
  calls.started('api-1', 200 * S);
  const shown = { running: true, startedAt: 200 * S, finishedAt: 200 * S - 1, health: 'unhealthy' };
  expect(seenAs(calls, BEFORE, 201 * S)).toMatchObject(shown);
  const younger = instance({ startedAt: 205 * S });
  expect(seenAs(calls, younger, 206 * S)).toEqual(younger);
});

test('a call without a past takes as long as those on the same instance; failed ones do not count', () => {
  const lengths = [past({ to: 102 * S }), past({ to: 103 * S }), past({ to: 130 * S, code: 'timeout' })];
  expect(createCalls(lengths).takes('api-1')).toBe(3 * S);
  expect(createCalls([past({ to: 130 * S, code: 'timeout' }), past({ instance: 'b' })]).takes('api-1')).toBe(
    S,
  );
  expect(createCalls([]).takes('api-1')).toBe(S);
});

test('the version is raised whenever something else is shown, also where only time has gone on', () => {
  const calls = createCalls([past()]);
  const times = [99 * S, 100 * S, 115 * S, 115 * S + 1, 161 * S, 161 * S + 1, 500 * S];
  const versions = times.map((now) => calls.version(now));
  expect(versions).toEqual([0, 1, 1, 2, 2, 3, 3]);
  calls.started('api-2', 500 * S);
  expect(calls.version(500 * S)).toBe(4);
});

test('around a call are the last that was seen before it and the first change within a minute after it', () => {
  const later = instance({ startedAt: 300 * S });
  const seen = [
    { at: 50 * S, instance: BEFORE },
    { at: 100.5 * S, instance: instance({ running: false, finishedAt: 100 * S }) },
    { at: 101 * S, instance: AFTER },
    { at: 300 * S, instance: later },
  ];
  expect(aroundCall(seen, 100 * S, 101 * S)).toEqual({ before: BEFORE, after: AFTER });
  // What is seen later may be anybody's doing.
  expect(aroundCall(seen.slice(3), 100 * S, 101 * S)).toEqual({ before: later, after: null });
  expect(aroundCall([], 100 * S, 101 * S)).toEqual({ before: null, after: null });
});
