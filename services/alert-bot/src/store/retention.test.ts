// Long because every kind of row has a case of what may go and of what must stay.
import { describe, expect, test } from 'vitest';
import { closeIncident } from '../decision/conclude.ts';
import { aDelivery, again, anAlert, anIncident, NOON, temporaryLog } from '../testing/log.ts';
import { endAttempt, endCall, recordIntent, reserveAttempt } from './attempts.ts';
import { addPause, audit, lastLogTime } from './controls.ts';
import type { Db } from './db.ts';
import { finishDelivery, insertDelivery, recordOutcome } from './deliveries.ts';
import { closeEpisode, openEpisode, openEpisodeOf } from './episodes.ts';
import { addEscalation, dueEscalations, recordSending } from './escalations.ts';
import { addEvent } from './events.ts';
import { evidenceOf, insertEvidence, MOMENTS } from './evidence.ts';
import {
  halfPruned,
  oldestPrunable,
  pruneAudit,
  pruneDeliveries,
  pruneEvidence,
  pruneHeartbeats,
  pruneIncident,
  recordPruning,
} from './retention.ts';
import { fileBytes, giveBack, usedBytes } from './space.ts';

const HOUR = 3_600_000;
const count = (db: Db, table: string): number =>
  Number(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
const untilNone = (prune: () => number): number => {
  let rows = 0;
  for (let some = prune(); some > 0; some = prune()) rows += some;
  return rows;
};

const reserve = (db: Db, incident: number, target = 'supervisor:api', now = NOON) =>
  reserveAttempt(
    db,
    {
      incident,
      target,
      step: 0,
      reason: 'first_attempt',
      boot: 1,
      grace: 10_000,
      circuitBefore: { open: false, until: null, times: 0 },
    },
    now,
  );

const anInstance = (id: string) => ({
  id,
  name: id,
  running: true,
  createdAt: NOON,
  startedAt: NOON,
  finishedAt: null,
  restartCount: 0,
  exitCode: null,
  atRest: null,
  health: 'healthy' as const,
  healthDetail: '',
});

/** A closed incident with a row in every table that an incident has rows in. */
function aWholeIncident(db: Db, name: string, now = NOON): number {
  const target = `supervisor:${name}`;
  const { id } = anIncident(db, { target, service: name }, now);
  openEpisode(db, anAlert({ fingerprint: name }), 'alertmanager', id, now);
  insertDelivery(db, aDelivery(`d-${name}`, { receivedAt: now }));
  recordOutcome(db, `d-${name}`, { index: 0, outcome: 'new', fingerprint: name, incident: id });
  finishDelivery(db, `d-${name}`, 'triaged');
  db.prepare(
    `INSERT INTO decisions (incident_id, at, last_at, kind, reason, decision, facts) VALUES (?, ?, ?, 'act', 'retry', '{}', '{}')`,
  ).run(id, now, now);
  addEvent(db, id, now, 'alert', 'fires');
  const attempt = reserve(db, id, target, now);
  const call = recordIntent(db, attempt.id, 'restart', anInstance(name), now);
  endCall(db, call.id, 'done', anInstance(name), now);
  endAttempt(db, attempt.id, 'helped', 'restarted', now);
  for (const moment of MOMENTS)
    insertEvidence(db, id, attempt.id, {
      ...{
        moment,
        kind: 'logs',
        subject: name,
        at: now,
        took: 1,
        content: 'x'.repeat(100),
        truncated: false,
        error: null,
      },
    });
  addEscalation(db, id, 'recurring', { labels: {}, annotations: {} }, now);
  db.prepare(
    `INSERT INTO approvals (incident_id, step, instances, asked_at, expires_at, ended_at, answer)
     VALUES (?, 0, '[]', ?, ?, ?, 'approved')`,
  ).run(id, now, now, now);
  const storm = db
    .prepare(
      'INSERT INTO storms (incident_id, began_at, last_incident_at, ended_at) VALUES (?, ?, ?, ?) RETURNING id',
    )
    .pluck()
    .get(id, now, now, now);
  db.prepare('UPDATE incidents SET storm_id = ? WHERE id = ?').run(storm, id);
  const episode = openEpisodeOf(db, name);
  if (episode !== undefined) closeEpisode(db, episode.id, 'resolved', now);
  closeIncident(db, again(db, id), 'dismissed', {}, now);
  for (const due of dueEscalations(db, 0, now)) recordSending(db, due, due.endedAt !== null, now);
  return id;
}

const OF_INCIDENTS = [
  ...['incidents', 'episodes', 'decisions', 'events', 'attempts', 'calls', 'evidence'],
  ...['escalations', 'approvals', 'storms'],
];

describe('a closed incident', () => {
  test('goes with everything of it, and nothing of another', () => {
    using log = temporaryLog();
    const id = aWholeIncident(log.db, 'a');
    aWholeIncident(log.db, 'b', NOON + HOUR);
    const before = OF_INCIDENTS.map((table) => count(log.db, table));
    expect(oldestPrunable(log.db, NOON + 1, false)).toBe(id);
    expect(untilNone(() => pruneIncident(log.db, id))).toBeGreaterThan(OF_INCIDENTS.length);
    expect(OF_INCIDENTS.map((table) => count(log.db, table))).toEqual(before.map((rows) => rows / 2));
    expect(oldestPrunable(log.db, NOON + 1, false)).toBeNull();
    // What came is a record of its own.
    expect(count(log.db, 'delivery_alerts')).toBe(2);
    expect(log.db.pragma('foreign_key_check')).toEqual([]);
  });

  test('every table that refers to one is known here', () => {
    using log = temporaryLog();
    const tables = log.db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
    const refers = (table: unknown): boolean =>
      log.db
        .prepare('SELECT "table" FROM pragma_foreign_key_list(?)')
        .pluck()
        .all(table)
        .some((other) => ['incidents', 'attempts', 'storms'].includes(String(other)));
    expect(tables.filter(refers).toSorted()).toEqual([...OF_INCIDENTS, 'delivery_alerts'].toSorted());
  });

  test('goes in small steps, however much it has', () => {
    using log = temporaryLog();
    const id = aWholeIncident(log.db, 'a');
    for (let i = 0; i < 200; i++) addEvent(log.db, id, NOON, 'alert', 'again');
    for (let step = pruneIncident(log.db, id); step > 0; step = pruneIncident(log.db, id))
      expect(step).toBeLessThanOrEqual(20);
    expect(count(log.db, 'incidents')).toBe(0);
  });

  test('whose removal was cut off is known, until it is gone', () => {
    using log = temporaryLog();
    const id = aWholeIncident(log.db, 'a');
    expect(halfPruned(log.db)).toBeNull();
    pruneIncident(log.db, id);
    expect(halfPruned(log.db)).toBe(id);
    untilNone(() => (count(log.db, 'incidents') === 0 ? 0 : pruneIncident(log.db, id)));
    expect(halfPruned(log.db)).toBeNull();
  });

  test('the oldest goes first', () => {
    using log = temporaryLog();
    aWholeIncident(log.db, 'later', NOON + HOUR);
    const earlier = aWholeIncident(log.db, 'earlier', NOON);
    expect(oldestPrunable(log.db, NOON + 2 * HOUR, false)).toBe(earlier);
  });

  // Each row: what of it is not over, and so keeps it.
  test.each<[string, (db: Db, id: number) => void]>([
    ['closed only at that time', (db) => db.exec(`UPDATE incidents SET closed_at = ${NOON + HOUR}`)],
    ['still open', (db) => db.exec("UPDATE incidents SET status = 'escalated'")],
    ['dismissed while its alert goes on', (db) => db.exec('UPDATE episodes SET closed_at = NULL')],
    ['whose alert ended only now', (db) => db.exec(`UPDATE episodes SET closed_at = ${NOON + HOUR}`)],
    ['with an open attempt', (db) => db.exec('UPDATE attempts SET ended_at = NULL')],
    ['whose page is not ended yet', (db) => db.exec('UPDATE escalations SET end_sent = 0')],
    ['that waits for an approval', (db) => db.exec('UPDATE approvals SET ended_at = NULL')],
    ['of a storm that goes on', (db) => db.exec('UPDATE storms SET ended_at = NULL')],
    [
      'of a storm that holds an open one',
      (db, id) => {
        const held = anIncident(db, { target: 'supervisor:held' });
        db.prepare(
          'UPDATE incidents SET storm_id = (SELECT id FROM storms WHERE incident_id = ?) WHERE id = ?',
        ).run(id, held.id);
      },
    ],
  ])('%s stays', (_, change) => {
    using log = temporaryLog();
    const id = aWholeIncident(log.db, 'a');
    expect(oldestPrunable(log.db, NOON + HOUR, false)).toBe(id);
    change(log.db, id);
    expect(oldestPrunable(log.db, NOON + HOUR, false)).toBeNull();
  });

  test.each(['stopped', 'lost'])('that left an instance %s is spared while there is room', (result) => {
    using log = temporaryLog();
    const id = aWholeIncident(log.db, 'a');
    log.db.prepare('UPDATE calls SET result = ?').run(result);
    expect(oldestPrunable(log.db, NOON + HOUR, true)).toBeNull();
    expect(oldestPrunable(log.db, NOON + HOUR, false)).toBe(id);
    // Until we started it again.
    const next = anIncident(log.db, { target: 'supervisor:other' });
    recordIntent(log.db, reserve(log.db, next.id, 'supervisor:other').id, 'start', anInstance('a'), NOON);
    expect(oldestPrunable(log.db, NOON + HOUR, true)).toBe(id);
  });

  test('is found and removed without reading the log', () => {
    using log = temporaryLog();
    const plans = [
      ['SELECT id FROM incidents WHERE status = ? AND closed_at < 5 ORDER BY closed_at', 'closed'],
      ['SELECT 1 FROM delivery_alerts WHERE incident_id = ?', 1],
      ['SELECT 1 FROM evidence WHERE attempt_id = ?', 1],
      ['SELECT 1 FROM incidents WHERE storm_id = ?', 1],
      ...['escalations', 'approvals', 'storms'].map((table) => [
        `SELECT 1 FROM ${table} WHERE incident_id = ?`,
        1,
      ]),
    ];
    for (const [sql, value] of plans) {
      const text = String(sql).replace('?', typeof value === 'string' ? `'${value}'` : String(value));
      expect(JSON.stringify(log.db.prepare(`EXPLAIN QUERY PLAN ${text}`).all())).toMatch(/USING.* INDEX/);
    }
  });
});

describe('a delivery', () => {
  const deliver = (db: Db, id: string, outcomes: readonly ('heartbeat' | 'duplicate')[], at = NOON) => {
    insertDelivery(db, aDelivery(id, { receivedAt: at }));
    for (const [index, outcome] of outcomes.entries()) recordOutcome(db, id, { index, outcome });
    finishDelivery(db, id, 'triaged');
  };
  const left = (db: Db) => db.prepare('SELECT id FROM deliveries ORDER BY id').pluck().all();

  test('of the heartbeat alone goes early', () => {
    using log = temporaryLog();
    deliver(log.db, 'beat', ['heartbeat']);
    deliver(log.db, 'both', ['heartbeat', 'duplicate']);
    deliver(log.db, 'other', ['duplicate']);
    deliver(log.db, 'young', ['heartbeat'], NOON + 1);
    untilNone(() => pruneHeartbeats(log.db, NOON + 1));
    expect(left(log.db)).toEqual(['both', 'other', 'young']);
    expect(count(log.db, 'delivery_alerts')).toBe(4);
  });

  test('that was triaged or rejected goes when it is old, with its alerts', () => {
    using log = temporaryLog();
    deliver(log.db, 'old', ['duplicate', 'duplicate']);
    insertDelivery(log.db, aDelivery('rejected'));
    finishDelivery(log.db, 'rejected', 'rejected');
    deliver(log.db, 'young', ['duplicate'], NOON + 1);
    untilNone(() => pruneDeliveries(log.db, NOON + 1));
    expect(left(log.db)).toEqual(['young']);
    expect(count(log.db, 'delivery_alerts')).toBe(1);
  });

  test('G1: that is not triaged yet stays, however old it is', () => {
    using log = temporaryLog();
    insertDelivery(log.db, aDelivery('pending', { receivedAt: 0 }));
    recordOutcome(log.db, 'pending', { index: 0, outcome: 'heartbeat' });
    expect(pruneDeliveries(log.db, NOON)).toBe(0);
    expect(pruneHeartbeats(log.db, NOON)).toBe(0);
    expect(left(log.db)).toEqual(['pending']);
  });

  test('of thousands of alerts goes in small steps', () => {
    using log = temporaryLog();
    deliver(log.db, 'large', Array<'duplicate'>(1_000).fill('duplicate'));
    const first = pruneDeliveries(log.db, NOON + 1);
    expect(first).toBeLessThanOrEqual(40);
    expect(first + untilNone(() => pruneDeliveries(log.db, NOON + 1))).toBe(1_001);
  });
});

describe('evidence', () => {
  const keep = (db: Db, incident: number, content: string) => {
    const { id } = reserve(db, incident, `supervisor:${incident}`);
    for (const moment of MOMENTS)
      insertEvidence(db, incident, id, {
        ...{ moment, kind: 'logs', subject: 's', at: NOON, took: 1, content, truncated: false, error: null },
      });
  };

  test('of closed incidents is emptied, oldest first, and says why', () => {
    using log = temporaryLog();
    const [old, older, open] = ['old', 'older', 'open'].map(
      (name) => anIncident(log.db, { target: `supervisor:${name}` }).id,
    );
    if (old === undefined || older === undefined || open === undefined) throw new Error('no incidents');
    for (const id of [old, older, open]) keep(log.db, id, `of ${id}`);
    for (const id of [old, older]) closeIncident(log.db, again(log.db, id), 'dismissed', {}, NOON);
    expect(pruneEvidence(log.db, NOON)).toBe(0);
    expect(untilNone(() => pruneEvidence(log.db, NOON + 1))).toBe(4);
    const emptied = {
      content: '',
      truncated: true,
      error: 'removed to keep the log within ALERT_BOT_LOG_MAX',
    };
    expect(evidenceOf(log.db, old)).toMatchObject(MOMENTS.map((moment) => ({ moment, ...emptied })));
    const kept = { content: `of ${open}`, error: null };
    expect(evidenceOf(log.db, open)).toMatchObject([kept, kept]);
  });

  test('that is kept is found without reading what was emptied', () => {
    using log = temporaryLog();
    const plan = log.db
      .prepare("EXPLAIN QUERY PLAN SELECT id FROM evidence WHERE content <> '' ORDER BY incident_id LIMIT 4")
      .all();
    expect(plan).toMatchObject([{ detail: 'SCAN evidence USING INDEX evidence_kept' }]);
  });
});

test('what people did goes by a time of its own, and so do pauses that are over', () => {
  using log = temporaryLog();
  const me = { by: 'me', why: 'because' };
  audit(log.db, me, 'pause', 'all', NOON);
  audit(log.db, me, 'pause', 'all', NOON + 1);
  addPause(log.db, me, null, 0);
  addPause(log.db, me, NOON - 1, 0);
  expect(untilNone(() => pruneAudit(log.db, NOON + 1))).toBe(2);
  expect(count(log.db, 'audit')).toBe(1);
  expect(log.db.prepare('SELECT until FROM pauses').pluck().all()).toEqual([null]);
});

test('log time does not go back when the rows that had it go', () => {
  using log = temporaryLog();
  const id = aWholeIncident(log.db, 'a');
  const before = lastLogTime(log.db);
  expect(before).toBe(NOON);
  recordPruning(log.db, NOON + 5);
  recordPruning(log.db, NOON + 1);
  untilNone(() => pruneIncident(log.db, id));
  untilNone(() => pruneDeliveries(log.db, NOON + 1));
  expect(lastLogTime(log.db)).toBe(NOON + 5);
});

test('space is given back, but for a little that the next rows need', () => {
  using log = temporaryLog();
  const id = aWholeIncident(log.db, 'a');
  const MB = 1024 ** 2;
  for (let i = 0; i < 40; i++) addEvent(log.db, id, NOON, 'alert', 'x'.repeat(MB / 4));
  const before = { used: usedBytes(log.db), file: fileBytes(log.db) };
  expect(before.used).toBeGreaterThan(10 * MB);
  untilNone(() => pruneIncident(log.db, id));
  expect(usedBytes(log.db)).toBeLessThan(MB);
  expect(fileBytes(log.db)).toBe(before.file);
  log.db.transaction(() => {
    while (giveBack(log.db));
  })();
  expect(fileBytes(log.db)).toBeLessThan(usedBytes(log.db) + 2 * MB);
});
