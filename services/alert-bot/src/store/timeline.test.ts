// Long because every kind of row that a timeline has is written and read back.
import { describe, expect, test } from 'vitest';
import type { Decision } from '../domain/decision.ts';
import { REASONS } from '../domain/reason.ts';
import { facts } from '../policy/facts.fixture.ts';
import { aDelivery, anAlert, anIncident, NOON, openEpisodes, temporaryLog } from '../testing/log.ts';
import { reserveAttempt } from './attempts.ts';
import {
  addPause,
  audit,
  currentPause,
  endPauses,
  heartbeatAt,
  lastLogTime,
  recordAlive,
  recordHeartbeat,
} from './controls.ts';
import type { Db } from './db.ts';
import { decisionsOf, lastDecision, recordDecision } from './decisions.ts';
import { insertDelivery } from './deliveries.ts';
import {
  closeEpisode,
  episodesOf,
  missedEpisode,
  moveEpisode,
  openEpisode,
  openEpisodeOf,
  sawEpisode,
} from './episodes.ts';
import {
  addEscalation,
  dueEscalations,
  endEscalations,
  escalationsOf,
  recordFailure,
  recordSending,
} from './escalations.ts';
import { addEvent, eventsOf } from './events.ts';
import { evidenceOf, insertEvidence } from './evidence.ts';
import { isKnownTarget, resetTarget, setCircuit } from './targets.ts';

const nothing = { also: [], guards: [] };
const deferral = (until: number | null): Decision => ({
  kind: 'defer',
  reason: 'cooldown',
  until,
  ...nothing,
});

describe('G10: a decision', () => {
  const record = (db: Db, incident: number, decisions: readonly Decision[]) =>
    decisions.map((decision, i) => recordDecision(db, incident, decision, facts(), NOON + i));

  test('has a row when its kind, reason or end changes; a repeat raises the counter', () => {
    using log = temporaryLog();
    const { id } = anIncident(log.db);
    const isNew = record(log.db, id, [
      deferral(null),
      deferral(null),
      deferral(5),
      deferral(5),
      { kind: 'defer', reason: 'backoff', until: 5, ...nothing },
      { kind: 'act', reason: 'retry', step: 0, ...nothing },
      { kind: 'act', reason: 'retry', step: 0, ...nothing },
      { kind: 'act', reason: 'retry', step: 0, ...nothing },
      deferral(null),
    ]);
    expect(isNew).toEqual([true, false, true, false, true, true, false, false, true]);
    expect(
      decisionsOf(log.db, id).map(({ decision, count, at, last_at }) => [
        `${decision.kind} ${decision.reason}`,
        count,
        at - NOON,
        last_at - NOON,
      ]),
    ).toEqual([
      ['defer cooldown', 2, 0, 1],
      ['defer cooldown', 2, 2, 3],
      ['defer backoff', 1, 4, 4],
      ['act retry', 3, 5, 7],
      ['defer cooldown', 1, 8, 8],
    ]);
  });

  test('what merely stands beside it makes no new row', () => {
    using log = temporaryLog();
    const { id } = anIncident(log.db);
    const guards = [{ guard: 'cooldown', answer: 'block', because: 'ended 3 s ago' }] as const;
    expect(record(log.db, id, [deferral(5), { ...deferral(5), guards, also: ['backoff'] }])).toEqual([
      true,
      false,
    ]);
  });

  test('of one incident is no repeat of another one’s', () => {
    using log = temporaryLog();
    const ids = ['a', 'b'].map((target) => anIncident(log.db, { target }).id);
    expect(ids.flatMap((id) => record(log.db, id, [deferral(5)]))).toEqual([true, true]);
  });

  test.each(Object.entries(REASONS).flatMap(([kind, reasons]) => reasons.map((reason) => [kind, reason])))(
    '%s %s comes back as it went in, with the facts it saw',
    (kind, reason) => {
      using log = temporaryLog();
      const { id } = anIncident(log.db);
      const decision = {
        kind,
        reason,
        ...(kind === 'act' ? { step: 1 } : {}),
        ...(kind === 'defer' ? { until: NOON } : {}),
        also: ['storm'],
        guards: [{ guard: 'g', answer: 'unknown', because: 'b' }],
      } as Decision;
      recordDecision(log.db, id, decision, facts(), NOON);
      expect(lastDecision(log.db, id)?.decision).toEqual(decision);
      expect(lastDecision(log.db, id)?.facts).toEqual(JSON.parse(JSON.stringify(facts())));
    },
  );
});

describe('an episode', () => {
  test('is the only open one of its fingerprint', () => {
    using log = temporaryLog();
    const { id } = anIncident(log.db);
    const open = (fingerprint = 'aa') =>
      openEpisode(log.db, anAlert({ fingerprint }), 'alertmanager', id, NOON);
    open();
    expect(open).toThrow('UNIQUE constraint failed: episodes.fingerprint');
    open('bb');
    closeEpisode(log.db, openEpisodeOf(log.db, 'aa')?.id ?? 0, 'resolved', NOON + 1);
    // The same fingerprint and the same startsAt: Alertmanager really does that.
    open();
    expect(episodesOf(log.db, id).map(({ fingerprint, closedBy }) => [fingerprint, closedBy])).toEqual([
      ['aa', 'resolved'],
      ['bb', null],
      ['aa', null],
    ]);
    expect(openEpisodes(log.db)).toHaveLength(2);
  });

  test('is absent since the first reading that missed it, until it is seen', () => {
    using log = temporaryLog();
    openEpisode(log.db, anAlert(), 'manual', anIncident(log.db).id, NOON);
    const { id } = openEpisodes(log.db)[0] ?? { id: 0 };
    const absentSince = () => openEpisodes(log.db)[0]?.absentSince;
    missedEpisode(log.db, id, NOON + 1);
    missedEpisode(log.db, id, NOON + 2);
    expect(absentSince()).toBe(NOON + 1);
    sawEpisode(log.db, id, NOON + 3);
    expect(absentSince()).toBeNull();
    expect(openEpisodes(log.db)).toMatchObject([{ lastSeenAt: NOON + 3 }]);
  });

  test('can be handed to another incident', () => {
    using log = temporaryLog();
    const first = anIncident(log.db, { target: null }).id;
    const second = anIncident(log.db, { target: null }).id;
    openEpisode(log.db, anAlert(), 'manual', first, NOON);
    moveEpisode(log.db, openEpisodeOf(log.db, anAlert().fingerprint)?.id ?? 0, second);
    expect([first, second].map((id) => episodesOf(log.db, id).length)).toEqual([0, 1]);
  });
});

describe('the outbox', () => {
  const MINUTE = 60_000;
  function escalated(db: Db) {
    const { id } = anIncident(db);
    addEscalation(db, id, 'unproven', { labels: { a: 'b' }, annotations: {} }, NOON);
    return id;
  }
  const due = (db: Db, now: number) => dueEscalations(db, MINUTE, now);
  const first = (db: Db, now: number) => {
    const [escalation] = due(db, now);
    if (escalation === undefined) throw new Error('nothing is due');
    return escalation;
  };

  test('sends at once, then each minute', () => {
    using log = temporaryLog();
    escalated(log.db);
    recordSending(log.db, first(log.db, NOON), false, NOON);
    expect(due(log.db, NOON + MINUTE - 1)).toEqual([]);
    expect(due(log.db, NOON + MINUTE)).toHaveLength(1);
  });

  test('a sending that failed is due again, and says why', () => {
    using log = temporaryLog();
    const id = escalated(log.db);
    recordFailure(log.db, first(log.db, NOON), 'connection refused');
    expect(first(log.db, NOON)).toMatchObject({ error: 'connection refused', lastSentAt: null });
    recordSending(log.db, first(log.db, NOON + 1), false, NOON + 1);
    expect(escalationsOf(log.db, id)).toMatchObject([{ error: null, lastSentAt: NOON + 1 }]);
  });

  test('an end is sent at once, until it was told, and then nothing more', () => {
    using log = temporaryLog();
    const id = escalated(log.db);
    recordSending(log.db, first(log.db, NOON), false, NOON);
    endEscalations(log.db, id, NOON + 1);
    recordFailure(log.db, first(log.db, NOON + 1), 'away');
    expect(first(log.db, NOON + 2)).toMatchObject({ endedAt: NOON + 1 });
    recordSending(log.db, first(log.db, NOON + 2), true, NOON + 2);
    expect(due(log.db, NOON + 100 * MINUTE)).toEqual([]);
  });

  test('an end that not everyone heard is sent again each minute, but not once there is another such page', () => {
    using log = temporaryLog();
    const id = escalated(log.db);
    endEscalations(log.db, id, NOON);
    recordSending(log.db, first(log.db, NOON), false, NOON);
    expect(due(log.db, NOON + MINUTE - 1)).toEqual([]);
    expect(first(log.db, NOON + MINUTE)).toMatchObject({ endedAt: NOON });
    const [{ labels, annotations } = expect.fail()] = escalationsOf(log.db, id);
    addEscalation(log.db, id, 'unproven', { labels, annotations }, NOON + MINUTE);
    expect(due(log.db, NOON + MINUTE).map(({ endedAt }) => endedAt)).toEqual([null]);
  });

  test('an end that came while it was being sent is still told at once', () => {
    using log = temporaryLog();
    const id = escalated(log.db);
    const sending = first(log.db, NOON);
    endEscalations(log.db, id, NOON + 1);
    recordSending(log.db, sending, false, NOON + 2);
    expect(due(log.db, NOON + 2)).toMatchObject([{ endedAt: NOON + 1 }]);
  });

  test('what ended keeps its end', () => {
    using log = temporaryLog();
    const id = escalated(log.db);
    endEscalations(log.db, id, NOON + 1);
    endEscalations(log.db, id, NOON + 2);
    expect(escalationsOf(log.db, id)).toMatchObject([{ endedAt: NOON + 1 }]);
  });
});

describe('G13: a pause', () => {
  test('holds until its end, the newest first, and can be ended', () => {
    using log = temporaryLog();
    const ada = { by: 'ada', why: 'deploy' };
    expect(currentPause(log.db, NOON)).toBeNull();
    addPause(log.db, ada, null, NOON);
    addPause(log.db, { by: 'bob', why: '' }, NOON + 10, NOON + 1);
    expect(currentPause(log.db, NOON + 9)).toMatchObject({ by: 'bob', until: NOON + 10 });
    expect(currentPause(log.db, NOON + 10)).toMatchObject({ ...ada, until: null });
    expect(endPauses(log.db, NOON + 11)).toBe(1);
    expect(currentPause(log.db, NOON + 12)).toBeNull();
    expect(endPauses(log.db, NOON + 13)).toBe(0);
  });
});

describe('times', () => {
  test('the latest of the log, wherever it stands: an opened log never goes back behind it', () => {
    using log = temporaryLog();
    expect(lastLogTime(log.db)).toBe(0);
    insertDelivery(log.db, aDelivery('d', { receivedAt: 10 }));
    expect(lastLogTime(log.db)).toBe(10);
    const { id } = anIncident(log.db, {}, 0);
    addEvent(log.db, id, 20, 'alert', 'x');
    expect(lastLogTime(log.db)).toBe(20);
    const circuitBefore = { open: false, until: null, times: 0 };
    const attempt = { incident: id, target: 't', step: 0, reason: 'retry', boot: 1, grace: 0 } as const;
    reserveAttempt(log.db, { ...attempt, circuitBefore }, 30);
    expect(lastLogTime(log.db)).toBe(30);
    audit(log.db, { by: 'ada', why: '' }, 'pause', 'all', 40);
    expect(lastLogTime(log.db)).toBe(40);
  });

  test('is read from the ends of the tables: a log of millions of rows opens at once', () => {
    using log = temporaryLog();
    const { id } = anIncident(log.db, {}, 10);
    const rows = log.db.transaction(() => {
      addEvent(log.db, id, NOON, 'alert', 'out of all order', {});
      for (let i = 0; i < 1_000; i += 1) addEvent(log.db, id, 20, 'alert', 'in order', {});
    });
    rows();
    expect(lastLogTime(log.db)).toBe(20);
    recordAlive(log.db, 30);
    expect(lastLogTime(log.db)).toBe(30);
  });

  test('G14: the heartbeat, and that the bot lives', () => {
    using log = temporaryLog();
    expect(heartbeatAt(log.db)).toBe(0);
    recordHeartbeat(log.db, NOON);
    recordAlive(log.db, NOON + 1);
    expect(heartbeatAt(log.db)).toBe(NOON);
    expect(log.db.prepare("SELECT value FROM meta WHERE key = 'alive_at'").pluck().get()).toBe(NOON + 1);
  });
});

test('events come back in order, each with its data', () => {
  using log = temporaryLog();
  const { id } = anIncident(log.db);
  addEvent(log.db, id, NOON, 'alert', 'fires', { labels: { a: '"\n\0🧯' } });
  addEvent(log.db, id, NOON, 'person', 'ada reset the target');
  expect(eventsOf(log.db, id)).toEqual([
    { at: NOON, kind: 'alert', text: 'fires', data: { labels: { a: '"\n\0🧯' } } },
    { at: NOON, kind: 'person', text: 'ada reset the target', data: {} },
  ]);
});

test('G9: evidence comes back, also what could not be captured', () => {
  using log = temporaryLog();
  const { id } = anIncident(log.db);
  const circuitBefore = { open: false, until: null, times: 0 };
  const attempt = { incident: id, target: 't', step: 0, reason: 'retry', boot: 1, grace: 0 } as const;
  const { id: attemptId } = reserveAttempt(log.db, { ...attempt, circuitBefore }, NOON);
  const piece = {
    moment: 'before',
    kind: 'logs',
    subject: 'api',
    at: NOON,
    took: 12,
    content: 'a\nb',
    truncated: true,
  } as const;
  insertEvidence(log.db, id, attemptId, { ...piece, error: null });
  insertEvidence(log.db, id, attemptId, {
    ...{ ...piece, moment: 'after', content: '', truncated: false, error: 'timed out' },
  });
  expect(evidenceOf(log.db, id)).toMatchObject([
    { moment: 'before', content: 'a\nb', truncated: true, error: null, took_ms: 12, attempt_id: attemptId },
    { moment: 'after', content: '', truncated: false, error: 'timed out' },
  ]);
});

test('a target is known once the log has acted on it, or a person or the circuit has', () => {
  using log = temporaryLog();
  const names = ['acted', 'merely-named', 'open', 'reset'];
  const { id } = anIncident(log.db, { target: 'supervisor:acted' });
  anIncident(log.db, { target: 'supervisor:merely-named' });
  const known = () => names.filter((name) => isKnownTarget(log.db, `supervisor:${name}`));
  expect(known()).toEqual([]);
  const circuitBefore = { open: false, until: null, times: 0 };
  const attempt = { incident: id, target: 'supervisor:acted', step: 0, reason: 'retry', boot: 1 } as const;
  reserveAttempt(log.db, { ...attempt, grace: 0, circuitBefore }, NOON);
  resetTarget(log.db, 'supervisor:reset', NOON);
  setCircuit(log.db, 'supervisor:open', { open: true, until: null, times: 1 });
  expect(known()).toEqual(['acted', 'open', 'reset']);
});
