// Logs as version 1 made them, on disk, brought up to date by this one.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { start } from '../cli/harness.ts';
import { incidentDetail } from '../http/view.ts';
import { again, anAlert, NOON, openEpisodes, openIncidents, temporaryFolder } from '../testing/log.ts';
import { triageAlert } from '../triage/triage.ts';
import { attemptFacts, attemptsOf, callsOf, endedByUs } from './attempts.ts';
import { currentPause, heartbeatAt } from './controls.ts';
import { openLog } from './db.ts';
import { pendingDeliveries } from './deliveries.ts';
import { dueEscalations } from './escalations.ts';
import { changeStatus } from './incidents.ts';
import { knownVersion } from './migrate.ts';
import { targetState } from './targets.ts';

/** An instance as version 1 wrote it. */
const INSTANCE = JSON.stringify({
  ...{ id: 'c0ffee', name: 'shop-api-1', running: true, startedAt: NOON, finishedAt: null },
  ...{ restartCount: 0, exitCode: null, health: 'healthy', healthDetail: '' },
});
const STEPS = '[{"kind":"restart","timeout":10000,"attempts":3},{"kind":"escalate"}]';
const DECISION = '{"kind":"act","reason":"first_attempt","step":0,"also":[],"guards":[]}';
const LABELS = '{"alertname":"HighErrorRate","service":"api"}';

/** What a log of version 1 has: a healed incident, an escalated one, and a delivery that waits. */
const ROWS = `
  INSERT INTO incidents (id, target_id, service, title, severity, playbook, steps, status, reason, outcome,
      next_look_at, deadline, opened_at, updated_at, closed_at, escalated_reason, escalated_at) VALUES
    (1, 'docker:service:shop/api', 'api', 'HighErrorRate', 'critical', 'restart-on-errors', '${STEPS}', 'closed',
      NULL, 'healed', ${NOON}, ${NOON}, ${NOON}, ${NOON}, ${NOON}, NULL, NULL),
    (2, 'docker:service:shop/db', 'db', 'ServiceDown', 'critical', 'restart-on-errors', '${STEPS}', 'escalated',
      'quarantined', NULL, ${NOON}, ${NOON}, ${NOON}, ${NOON}, NULL, 'quarantined', ${NOON});
  INSERT INTO episodes (id, fingerprint, source, labels, annotations, generator_url, starts_at, opened_at, last_seen_at,
      closed_at, closed_by, incident_id) VALUES
    (1, 'aa', 'alertmanager', '${LABELS}', '{}', '', ${NOON}, ${NOON}, ${NOON}, ${NOON}, 'proven', 1),
    (2, 'bb', 'alertmanager', '${LABELS}', '{}', '', ${NOON}, ${NOON}, ${NOON}, NULL, NULL, 2);
  INSERT INTO decisions (incident_id, at, last_at, count, kind, reason, decision, facts) VALUES
    (1, ${NOON}, ${NOON}, 3, 'act', 'first_attempt', '${DECISION}', '{"old":true}');
  INSERT INTO attempts (id, incident_id, target_id, step, number, reason, boot, grace, reserved_at, ended_at, outcome,
      detail, circuit_before) VALUES
    (1, 1, 'docker:service:shop/api', 0, 1, 'first_attempt', 1, 10000, ${NOON}, ${NOON}, 'helped', 'restarted',
      '{"open":false,"until":null,"times":0}');
  INSERT INTO calls (attempt_id, instance_id, verb, before, calling_at, ended_at, result, after) VALUES
    (1, 'c0ffee', 'restart', '${INSTANCE}', ${NOON}, ${NOON}, 'stopped', '${INSTANCE}');
  INSERT INTO evidence (incident_id, attempt_id, kind, subject, at, took_ms, content, truncated) VALUES
    (1, 1, 'logs', 'shop-api-1', ${NOON}, 5, 'out of memory', 0);
  INSERT INTO events (incident_id, at, kind, text, data) VALUES (1, ${NOON}, 'alert', 'fires', '{}');
  INSERT INTO escalations (incident_id, reason, labels, annotations, starts_at) VALUES
    (2, 'quarantined', '{"alertname":"RemediationEscalated"}', '{}', ${NOON});
  INSERT INTO targets VALUES ('docker:service:shop/db', 1, ${NOON + 3_600_000}, 2, NULL);
  INSERT INTO pauses (by, why, at, until) VALUES ('me', 'a deploy', ${NOON}, NULL);
  INSERT INTO audit (at, by, why, action, subject) VALUES (${NOON}, 'me', 'a deploy', 'pause', 'all');
  INSERT INTO deliveries (id, received_at, source, group_key, body, state, tries) VALUES
    ('done', ${NOON}, 'alertmanager', '{}', '{}', 'triaged', 0), ('waits', ${NOON}, 'manual', NULL, '{}', 'pending', 1);
  INSERT INTO delivery_alerts VALUES ('done', 0, 'new', 'aa', 1, NULL, NULL);
  UPDATE meta SET value = ${NOON} WHERE key IN ('alive_at', 'heartbeat_at');
  UPDATE meta SET value = 7 WHERE key = 'boot';`;

function logOfVersion1(dataDir: string): void {
  if (!existsSync(dataDir)) mkdirSync(dataDir);
  const db = new Database(join(dataDir, 'incidents.db'));
  db.pragma('journal_mode = WAL');
  db.exec(readFileSync(join(import.meta.dirname, 'migrations', '0001_init.sql'), 'utf8'));
  db.pragma('user_version = 1');
  db.exec(ROWS);
  db.close();
}

describe('a log of version 1', () => {
  test('opens with everything in it', () => {
    using folder = temporaryFolder();
    logOfVersion1(folder.path);
    const { db, boot, close } = openLog(folder.path);
    expect(db.pragma('user_version', { simple: true })).toBe(knownVersion());
    expect(boot).toBe(8);
    const detail = incidentDetail(db, again(db, 1));
    expect(detail).toMatchObject({
      ...{ title: 'HighErrorRate', status: 'closed', outcome: 'healed' },
      episodes: [{ fingerprint: 'aa', closedBy: 'proven' }],
      attempts: [{ number: 1, outcome: 'helped', calls: [{ verb: 'restart', result: 'stopped' }] }],
      evidence: [{ content: 'out of memory' }],
      timeline: [{ text: 'fires' }],
    });
    expect(callsOf(db, 1)).toMatchObject([{ before: { id: 'c0ffee', createdAt: null, atRest: null } }]);
    expect(dueEscalations(db, 0, NOON)).toMatchObject([{ reason: 'quarantined' }]);
    expect(currentPause(db, NOON)).toMatchObject({ by: 'me', why: 'a deploy' });
    expect(heartbeatAt(db)).toBe(NOON);
    expect(pendingDeliveries(db, 9)).toMatchObject([{ id: 'waits', tries: 1, begun: null }]);
    expect(db.pragma('foreign_key_check')).toEqual([]);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    close();
  });

  test('G4: still counts: attempts, quarantine, and what we stopped', () => {
    using folder = temporaryFolder();
    logOfVersion1(folder.path);
    const { db, close } = openLog(folder.path);
    expect(attemptFacts(db, 'docker:service:shop/api', 0)).toHaveLength(1);
    expect(attemptsOf(db, 1)).toHaveLength(1);
    expect(targetState(db, 'docker:service:shop/db')).toMatchObject({ open: true, times: 2 });
    expect(endedByUs(db, { id: 'c0ffee', startedAt: NOON })).toBe(true);
    close();
  });

  test('is used on: an incident goes on, another one opens', () => {
    using folder = temporaryFolder();
    logOfVersion1(folder.path);
    const { db, close } = openLog(folder.path);
    expect(openEpisodes(db)).toMatchObject([{ fingerprint: 'bb', incident: 2 }]);
    changeStatus(db, again(db, 2), 'queued', { reason: 'trial' }, NOON + 1);
    const limits = {
      concurrent: 1,
      targets: { count: 1, percent: 100, per: 1 },
      storm: { incidents: 9, per: 1, calm: 1 },
    };
    const context = {
      playbooks: [],
      limits,
      targetId: (service: string) => `docker:service:shop/${service}`,
    };
    const triaged = triageAlert(db, context, anAlert({ fingerprint: 'cc' }), 'alertmanager', NOON + 2);
    expect(triaged).toMatchObject({ outcome: 'new', incident: 3 });
    expect(openIncidents(db).map(({ id, status }) => [id, status])).toEqual([
      [2, 'queued'],
      [3, 'new'],
    ]);
    close();
  });

  test('is rebuilt once, so that it can give space back', () => {
    using folder = temporaryFolder();
    logOfVersion1(folder.path);
    const mode = () => {
      const { db, close } = openLog(folder.path);
      const now = db.pragma('auto_vacuum', { simple: true });
      close();
      return now;
    };
    expect([mode(), mode()]).toEqual([2, 2]);
  });

  test.each(Array.from({ length: knownVersion() - 1 }, (_, i) => i + 2))(
    'a crash in the middle of migration %i leaves nothing of it, and the next start goes on',
    async (version) => {
      using folder = temporaryFolder();
      logOfVersion1(folder.path);
      const { child, end } = start([
        '--input-type=module',
        '-e',
        `import { createRequire } from 'node:module';
         const Database = createRequire(${JSON.stringify(import.meta.filename)})('better-sqlite3');
         const { pragma } = Database.prototype;
         // All of the migration has run by then, and nothing of it is committed.
         Database.prototype.pragma = function (text, options) {
           if (text === 'user_version = ${version}') process.kill(process.pid, 'SIGKILL');
           return pragma.call(this, text, options);
         };
         const { openLog } = await import(${JSON.stringify(import.meta.resolve('./db.ts'))});
         openLog(${JSON.stringify(folder.path)});`,
      ]);
      expect(await end).toMatchObject({ code: null, err: '' });
      expect(child.signalCode).toBe('SIGKILL');

      const between = new Database(join(folder.path, 'incidents.db'));
      expect(between.pragma('user_version', { simple: true })).toBe(version - 1);
      between.close();
      const { db, boot, close } = openLog(folder.path);
      expect(db.pragma('user_version', { simple: true })).toBe(knownVersion());
      expect(boot).toBe(8);
      expect(incidentDetail(db, again(db, 1)).evidence).toMatchObject([{ content: 'out of memory' }]);
      close();
    },
  );
});

test('a new log has the same tables and indexes as one that came from version 1', () => {
  using folder = temporaryFolder();
  const schema = (dataDir: string) => {
    const { db, close } = openLog(dataDir);
    const rows = db
      .prepare("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name")
      .all();
    close();
    return rows;
  };
  const older = join(folder.path, 'older');
  logOfVersion1(older);
  expect(schema(older)).toEqual(schema(join(folder.path, 'new')));
});
