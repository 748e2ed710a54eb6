import { describe, expect, test } from 'vitest';
import type { Instance } from '../domain/target.ts';
import { anIncident, NOON, temporaryLog } from '../testing/log.ts';
import {
  ATTEMPT_OUTCOMES,
  attemptFacts,
  attemptsOf,
  callsOf,
  endAttempt,
  endCall,
  lastNotCalledAt,
  openAttemptOf,
  recordIntent,
  reserveAttempt,
} from './attempts.ts';
import type { Db } from './db.ts';
import { actingTargets } from './due.ts';
import { changeStatus } from './incidents.ts';
import { resetTarget, setCircuit, targetState } from './targets.ts';

const reservation = (incident: number, change: Partial<Parameters<typeof reserveAttempt>[1]> = {}) => ({
  incident,
  target: 'supervisor:api',
  step: 0,
  reason: 'first_attempt' as const,
  boot: 1,
  grace: 10_000,
  circuitBefore: { open: false, until: null, times: 0 },
  ...change,
});

const reserve = (db: Db, incident: number, change = {}, now = NOON) =>
  reserveAttempt(db, reservation(incident, change), now);

const instance: Instance = {
  id: 'f'.repeat(64),
  name: 'api',
  createdAt: NOON - 2,
  running: true,
  startedAt: NOON - 1,
  finishedAt: null,
  restartCount: 2,
  exitCode: null,
  atRest: null,
  health: 'unhealthy',
  healthDetail: 'HTTP 500',
};

describe('G2: an attempt', () => {
  test('is the only open one of its target, over all incidents', () => {
    using log = temporaryLog();
    const { id } = anIncident(log.db);
    const other = anIncident(log.db, { target: null }).id;
    const first = reserve(log.db, id);
    const again = () => reserve(log.db, id, { reason: 'retry' });
    expect(again).toThrow('UNIQUE constraint failed: attempts.target_id');
    expect(() => reserve(log.db, other)).toThrow('UNIQUE constraint failed: attempts.target_id');
    expect(attemptsOf(log.db, id)).toEqual([first]);
    endAttempt(log.db, first.id, 'did_not_help', '', NOON);
    expect(again()).toMatchObject({ number: 2 });
  });

  test('of another target may be open beside it', () => {
    using log = temporaryLog();
    reserve(log.db, anIncident(log.db).id);
    const other = anIncident(log.db, { target: 'supervisor:payments' });
    expect(reserve(log.db, other.id, { target: 'supervisor:payments' }).number).toBe(1);
  });

  test('is numbered by step, and a number is given once', () => {
    using log = temporaryLog();
    const { id } = anIncident(log.db);
    const numbers = [0, 0, 1, 0, 1].map((step) => {
      const attempt = reserve(log.db, id, { step });
      // Also one that was never called keeps its number.
      endAttempt(log.db, attempt.id, 'not_called', '', NOON);
      return `${attempt.step}:${attempt.number}`;
    });
    expect(numbers).toEqual(['0:1', '0:2', '1:1', '0:3', '1:2']);
    expect(() =>
      log.db
        .prepare(
          `INSERT INTO attempts (incident_id, target_id, step, number, reason, boot, grace, reserved_at, circuit_before)
           VALUES (?, 'supervisor:x', 0, 3, 'retry', 1, 0, 0, '{}')`,
        )
        .run(id),
    ).toThrow('UNIQUE constraint failed: attempts.incident_id, attempts.step, attempts.number');
  });

  test('ends once: what comes later does not change how', () => {
    using log = temporaryLog();
    const { id } = anIncident(log.db);
    const attempt = reserve(log.db, id);
    expect(openAttemptOf(log.db, id)).toEqual(attempt);
    endAttempt(log.db, attempt.id, 'lost', 'the bot died', NOON + 1);
    endAttempt(log.db, attempt.id, 'helped', 'late', NOON + 2);
    expect(openAttemptOf(log.db, id)).toBeUndefined();
    expect(attemptsOf(log.db, id)).toMatchObject([
      { outcome: 'lost', detail: 'the bot died', ended_at: NOON + 1 },
    ]);
  });

  test('is called once an instance and verb', () => {
    using log = temporaryLog();
    const attempt = reserve(log.db, anIncident(log.db).id);
    recordIntent(log.db, attempt.id, 'restart', instance, NOON);
    expect(() => recordIntent(log.db, attempt.id, 'restart', instance, NOON)).toThrow(
      'UNIQUE constraint failed: calls.attempt_id, calls.instance_id, calls.verb',
    );
    recordIntent(log.db, attempt.id, 'start', instance, NOON);
    expect(callsOf(log.db, attempt.id).map(({ verb }) => verb)).toEqual(['restart', 'start']);
  });

  test('of an incident that is not there is refused', () => {
    using log = temporaryLog();
    expect(() => reserve(log.db, 404)).toThrow('FOREIGN KEY constraint failed');
  });
});

test('G3: the intent holds the instance as it was, and its end as it is', () => {
  using log = temporaryLog();
  const attempt = reserve(log.db, anIncident(log.db).id);
  const call = recordIntent(log.db, attempt.id, 'restart', instance, NOON);
  expect(callsOf(log.db, attempt.id)).toEqual([call]);
  expect(call).toMatchObject({ before: instance, after: null, calling_at: NOON, ended_at: null });
  const after = { ...instance, startedAt: NOON + 5, restartCount: 3 };
  endCall(log.db, call.id, 'done', after, NOON + 6);
  expect(callsOf(log.db, attempt.id)).toMatchObject([{ after, result: 'done', ended_at: NOON + 6 }]);
});

describe('G4: what counts towards a budget', () => {
  test.each(ATTEMPT_OUTCOMES)('an attempt that ended as %s: unless it was never called', (outcome) => {
    using log = temporaryLog();
    const { id } = anIncident(log.db);
    const attempt = reserve(log.db, id);
    const counted = { incident: String(id), step: 0, reservedAt: NOON };
    expect(attemptFacts(log.db, 'supervisor:api', 0)).toEqual([{ ...counted, endedAt: null }]);
    endAttempt(log.db, attempt.id, outcome, '', NOON + 1);
    expect(attemptFacts(log.db, 'supervisor:api', 0)).toEqual(
      outcome === 'not_called' ? [] : [{ ...counted, endedAt: NOON + 1 }],
    );
    expect(lastNotCalledAt(log.db, id, 0)).toBe(outcome === 'not_called' ? NOON + 1 : null);
  });

  test('all incidents of the target, nothing of another one, oldest first', () => {
    using log = temporaryLog();
    for (const [i, target] of ['api', 'payments', 'api'].entries()) {
      const incident = anIncident(log.db, { target: `supervisor:${target}` });
      const attempt = reserve(log.db, incident.id, { target: `supervisor:${target}` }, NOON + i);
      endAttempt(log.db, attempt.id, 'helped', '', NOON + i);
      changeStatus(log.db, incident, 'closed', { outcome: 'healed' }, NOON + i);
    }
    const reservedAt = (since: number) =>
      attemptFacts(log.db, 'supervisor:api', since).map((attempt) => attempt.reservedAt);
    expect(reservedAt(0)).toEqual([NOON, NOON + 2]);
    // One of the same millisecond as a reset counts: the safe side.
    expect(reservedAt(NOON)).toEqual([NOON, NOON + 2]);
    expect(reservedAt(NOON + 1)).toEqual([NOON + 2]);
  });

  test('an open one from before a reset', () => {
    using log = temporaryLog();
    const { id } = anIncident(log.db);
    reserve(log.db, id);
    expect(attemptFacts(log.db, 'supervisor:api', NOON + 60_000)).toHaveLength(1);
  });

  test('nothing that ended before a reset', () => {
    using log = temporaryLog();
    const { id } = anIncident(log.db);
    endAttempt(log.db, reserve(log.db, id).id, 'did_not_help', '', NOON);
    setCircuit(log.db, 'supervisor:api', { open: true, until: NOON + 1, times: 3 });
    resetTarget(log.db, 'supervisor:api', NOON + 2);
    expect(targetState(log.db, 'supervisor:api')).toEqual({
      open: false,
      until: null,
      times: 0,
      resetAt: NOON + 2,
    });
    reserve(log.db, id, {}, NOON + 3);
    expect(attemptFacts(log.db, 'supervisor:api', NOON + 2)).toMatchObject([{ reservedAt: NOON + 3 }]);
  });

  test('a circuit that opens later keeps when the target was reset', () => {
    using log = temporaryLog();
    resetTarget(log.db, 'supervisor:api', NOON);
    setCircuit(log.db, 'supervisor:api', { open: true, until: null, times: 1 });
    expect(targetState(log.db, 'supervisor:api')).toEqual({
      open: true,
      until: null,
      times: 1,
      resetAt: NOON,
    });
    expect(targetState(log.db, 'supervisor:never-seen')).toEqual({
      open: false,
      until: null,
      times: 0,
      resetAt: null,
    });
  });
});

test('G5: actions on other targets are those between reservation and answer', () => {
  using log = temporaryLog();
  const acting = anIncident(log.db);
  const proving = anIncident(log.db, { target: 'supervisor:payments' });
  changeStatus(log.db, acting, 'acting', {}, NOON);
  changeStatus(log.db, proving, 'proving', {}, NOON);
  expect(actingTargets(log.db)).toEqual(['supervisor:api']);
});
