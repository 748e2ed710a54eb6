import { describe, expect, test } from 'vitest';
import type { DependencyFacts, ReplicaFact } from '../domain/facts.ts';
import { decide } from './decide.ts';
import { attempt, facts, HOUR, incident, limits, MINUTE, NOW, SECOND, target } from './facts.fixture.ts';

/** The trouble began ten minutes ago, and its rule looks a minute back. */
const opened = incident({ openedAt: NOW - 10 * MINUTE });
const looksBack: { dependencies: DependencyFacts } = {
  dependencies: { all: [], unwellAt: null, targetStartedAt: null, letsGoAfter: MINUTE },
};
const SETTLE = 5 * SECOND;
const PATIENCE = MINUTE + SETTLE;

const replica = (changes: Partial<ReplicaFact>): ReplicaFact => ({
  id: 'a',
  name: 'api-1',
  state: 'healthy',
  startedAt: NOW - HOUR,
  createdAt: null,
  startedByUs: false,
  ...changes,
});
const decided = (...changes: Partial<ReplicaFact>[]) => {
  const replicas = changes.map((one, i) => replica({ id: String(i), ...one }));
  const decision = decide(facts(opened, looksBack, { replicas }), NOW);
  return decision.kind === 'defer' ? [decision.reason, decision.until] : [decision.reason];
};

describe('what somebody else did since the trouble began', () => {
  const at = NOW - 30 * SECOND;
  test.each([
    ['restarted', [{ startedAt: at }], ['already_restarted', at + PATIENCE]],
    ['replaced', [{ startedAt: at, createdAt: at - SECOND }], ['deploying', at + PATIENCE]],
    // Made before the trouble, as with a container that is started again.
    [
      'made long ago, restarted since',
      [{ startedAt: at, createdAt: NOW - HOUR }],
      ['already_restarted', at + PATIENCE],
    ],
    ['one of two restarted', [{}, { startedAt: at }], ['already_restarted', at + PATIENCE]],
    ['restarted by us', [{ startedAt: at, startedByUs: true }], ['first_attempt']],
    ['restarted, and its alert had the time to let go', [{ startedAt: NOW - PATIENCE }], ['first_attempt']],
    ['a moment before that', [{ startedAt: NOW - PATIENCE + 1 }], ['already_restarted', NOW + 1]],
    ['restarted before the trouble', [{ startedAt: NOW - 10 * MINUTE }], ['first_attempt']],
    ['never started', [{ startedAt: null, state: 'sick' as const }], ['first_attempt']],
  ] as const)('%s', (_, changes, expected) => expect(decided(...changes)).toEqual(expected));
});

test('it counts from when the alert began to fire, which may be before the bot heard of it', () => {
  const heard = incident({ openedAt: NOW - MINUTE, began: NOW - 5 * MINUTE });
  const seen = (startedAt: number) =>
    decide(facts(heard, looksBack, { replicas: [replica({ startedAt })] }), NOW).reason;
  const patient = { ...looksBack, ...limits({ settle: 3 * MINUTE }) };
  const late = decide(facts(heard, patient, { replicas: [replica({ startedAt: NOW - 2 * MINUTE })] }), NOW);
  expect(late).toMatchObject({ reason: 'already_restarted', until: NOW + 2 * MINUTE });
  expect(seen(NOW - 5 * MINUTE)).toBe('first_attempt');
});

describe('where the wall clock was set back by five minutes', () => {
  const behind = 5 * MINUTE;
  const heard = incident({ openedAt: NOW - MINUTE });
  const decidedAt = (startedAt: number) => {
    const decision = decide(facts(heard, looksBack, { behind, replicas: [replica({ startedAt })] }), NOW);
    return decision.kind === 'defer' ? [decision.reason, decision.until] : [decision.reason];
  };
  test.each([
    ['what somebody restarts now is seen', NOW - behind - 10 * SECOND, NOW - 10 * SECOND],
    [
      'what started right before it was set back is not of a time to come',
      NOW - 10 * SECOND,
      NOW - 10 * SECOND,
    ],
  ])('%s', (_, startedAt, inLogTime) =>
    expect(decidedAt(startedAt)).toEqual(['already_restarted', inLogTime + PATIENCE]),
  );
  test('what started before the trouble is none', () =>
    expect(decidedAt(NOW - behind - 2 * MINUTE)).toEqual(['first_attempt']));

  test('what somebody stopped now is the gap of a deploy', () => {
    const since = NOW - behind - 10 * SECOND;
    const stopped = target();
    const atRest = { why: 'was stopped', since };
    const one = { ...stopped.target, ...(stopped.target.found === 'one' ? { atRest } : {}) };
    expect(decide(facts({ target: one, behind }), NOW)).toMatchObject({
      reason: 'deploying',
      until: NOW + 20 * SECOND,
    });
  });
});

test.each([
  [SETTLE - 1, 'deploying'],
  [SETTLE, 'first_attempt'],
])('what started %i ms ago, before its alert: %s', (ago, reason) => {
  const replicas = [replica({ startedAt: NOW - ago })];
  expect(decide(facts(incident({ openedAt: NOW }), { replicas }), NOW).reason).toBe(reason);
});

test('G7: what counts as just started, and the patience with others, is as long as the playbook file says', () => {
  const slow = limits({ settle: 20 * SECOND });
  const fresh = { replicas: [replica({ startedAt: NOW })] };
  const begins = incident({ openedAt: NOW });
  expect(decide(facts(slow, begins, fresh), NOW)).toMatchObject({ until: NOW + 20 * SECOND });
  expect(decide(facts(slow, begins, fresh), NOW + 20 * SECOND).reason).toBe('first_attempt');
  const patience = NOW + MINUTE + 20 * SECOND;
  expect(decide(facts(slow, opened, looksBack, fresh), NOW)).toMatchObject({ until: patience });
});

test('every wait for what others do ends', () => {
  const late = incident({ openedAt: NOW - 10 * MINUTE, deadline: NOW });
  const replicas = [replica({ startedAt: NOW - SECOND })];
  expect(decide(facts(late, looksBack, { replicas }), NOW)).toMatchObject({
    kind: 'escalate',
    reason: 'waited_too_long',
    also: ['already_restarted'],
  });
});

test('it goes before the ladder: nobody is paged for a target that was just restarted', () => {
  const replicas = [replica({ startedAt: NOW - SECOND })];
  const attempts = [8, 7, 6].map((minutes) => attempt(minutes * MINUTE));
  const decision = decide(facts(opened, looksBack, { replicas, attempts }), NOW);
  expect(decision).toMatchObject({ reason: 'already_restarted' });
  expect(decision.also).toContain('steps_exhausted');
});
