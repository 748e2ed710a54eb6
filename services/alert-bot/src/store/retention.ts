import { z } from 'zod';
import type { Instant } from '../domain/duration.ts';
import type { Db } from './db.ts';

// What of the log may go, and how. Each function removes a few rows, oldest first, and says how many: the caller
// holds a transaction and stops when it has taken long enough. None touches what is open, pending or unsent.

/** Rows at once: far under a millisecond, so that the caller can look at the clock often. */
const CHUNK = 20;

const ids = z.array(z.union([z.number(), z.string()]));
const select = (db: Db, sql: string, ...values: unknown[]) => ids.parse(db.prepare(sql).pluck().all(values));

/** Deliveries of nothing but the heartbeat (one a minute), received before. @returns rows removed */
export function pruneHeartbeats(db: Db, before: Instant): number {
  return removeDeliveries(
    db,
    select(
      db,
      // In this order: the heartbeats of the last hour are few, the deliveries before it are not.
      `SELECT d.id FROM delivery_alerts h INDEXED BY delivery_alerts_heartbeat CROSS JOIN deliveries d ON d.id = h.delivery_id
       WHERE h.outcome = 'heartbeat' AND d.state <> 'pending' AND d.received_at < ?
         AND NOT EXISTS (SELECT 1 FROM delivery_alerts o WHERE o.delivery_id = d.id AND o.outcome <> 'heartbeat')
       LIMIT ${CHUNK}`,
      before,
    ),
  );
}

/** Triaged and rejected deliveries received before: the episodes have what they said. @returns rows removed */
export function pruneDeliveries(db: Db, before: Instant): number {
  return removeDeliveries(
    db,
    select(
      db,
      `SELECT id FROM deliveries WHERE received_at < ? AND state <> 'pending' ORDER BY received_at LIMIT ${CHUNK}`,
      before,
    ),
  );
}

function removeDeliveries(db: Db, deliveries: readonly unknown[]): number {
  let rows = 0;
  for (const id of deliveries) {
    // A payload may have thousands of alerts.
    const alerts = removeSome(db, 'delivery_alerts', 'delivery_id', id);
    rows += alerts;
    if (alerts < CHUNK) rows += db.prepare('DELETE FROM deliveries WHERE id = ?').run(id).changes;
    if (rows >= CHUNK) break;
  }
  return rows;
}

/**
 * Closed incidents that nothing needs any more. `:before` bounds the incident and its alerts: one that was
 * dismissed is closed while its alert goes on.
 */
const PRUNABLE = `i.status = 'closed' AND i.closed_at < :before
  AND NOT EXISTS (SELECT 1 FROM episodes e WHERE e.incident_id = i.id AND coalesce(e.closed_at, :before) >= :before)
  AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.incident_id = i.id AND a.ended_at IS NULL)
  AND NOT EXISTS (SELECT 1 FROM escalations x WHERE x.incident_id = i.id AND x.end_sent = 0)
  AND NOT EXISTS (SELECT 1 FROM approvals p WHERE p.incident_id = i.id AND p.ended_at IS NULL)
  AND NOT EXISTS (SELECT 1 FROM storms s WHERE s.incident_id = i.id AND (s.ended_at IS NULL
    OR EXISTS (SELECT 1 FROM incidents m WHERE m.storm_id = s.id AND m.status <> 'closed')))`;

/**
 * Of those, what a decision would miss: the last thing we did to an instance was to leave it stopped, and without
 * that row its rest would look like a person's stop.
 */
const NOT_LEFT_STOPPED = `NOT EXISTS (SELECT 1 FROM attempts a JOIN calls c ON c.attempt_id = a.id
  WHERE a.incident_id = i.id AND c.result IN ('stopped', 'lost')
    AND NOT EXISTS (SELECT 1 FROM calls later WHERE later.instance_id = c.instance_id AND later.id > c.id))`;

/** The incident whose removal has begun and is not over, or null: it has to be finished first. */
export function halfPruned(db: Db): number | null {
  const id = Number(db.prepare("SELECT value FROM meta WHERE key = 'pruning'").pluck().get());
  return id > 0 ? id : null;
}

const setPruning = (db: Db, id: number): void => {
  db.prepare("UPDATE meta SET value = :id WHERE key = 'pruning' AND value <> :id").run({ id });
};

/** The incident that goes next, or null. @param sparing leaves what a decision may still need */
export function oldestPrunable(db: Db, before: Instant, sparing: boolean): number | null {
  const id = db
    .prepare(`SELECT i.id FROM incidents i WHERE ${PRUNABLE} ${sparing ? `AND ${NOT_LEFT_STOPPED}` : ''}
       ORDER BY i.closed_at LIMIT 1`)
    .pluck()
    .get({ before });
  return typeof id === 'number' ? id : null;
}

/** Tables with rows of an incident, those that others refer to last. */
const OF_AN_INCIDENT = ['evidence', 'decisions', 'events', 'escalations', 'approvals', 'episodes'] as const;

/**
 * Removes rows of an incident, and at last the incident. Meanwhile it lacks them, and `halfPruned` names it.
 * Its deliveries have a time of their own.
 * @returns rows removed; 0 where it is gone
 */
export function pruneIncident(db: Db, id: number): number {
  setPruning(db, id);
  const detached = db
    .prepare(`UPDATE delivery_alerts SET incident_id = NULL WHERE rowid IN
         (SELECT rowid FROM delivery_alerts WHERE incident_id = ? LIMIT ${CHUNK})`)
    .run(id).changes;
  if (detached > 0) return detached;
  for (const table of OF_AN_INCIDENT) {
    const rows = removeSome(db, table, 'incident_id', id);
    if (rows > 0) return rows;
  }
  for (const attempt of select(db, `SELECT id FROM attempts WHERE incident_id = ? LIMIT ${CHUNK}`, id)) {
    const calls = removeSome(db, 'calls', 'attempt_id', attempt);
    return calls > 0 ? calls : db.prepare('DELETE FROM attempts WHERE id = ?').run(attempt).changes;
  }
  const storm = db.prepare('SELECT id FROM storms WHERE incident_id = ?').pluck().get(id);
  if (storm !== undefined) {
    db.prepare('UPDATE incidents SET storm_id = NULL WHERE storm_id = ?').run(storm);
    return db.prepare('DELETE FROM storms WHERE id = ?').run(storm).changes;
  }
  setPruning(db, 0);
  return db.prepare('DELETE FROM incidents WHERE id = ?').run(id).changes;
}

function removeSome(db: Db, table: string, column: string, value: unknown): number {
  return db
    .prepare(
      `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE ${column} = ? LIMIT ${CHUNK})`,
    )
    .run(value).changes;
}

/**
 * Empties evidence of incidents closed before, oldest first, and says in its place why it is empty.
 * @returns rows emptied
 */
export function pruneEvidence(db: Db, before: Instant): number {
  return db
    .prepare(`UPDATE evidence SET content = '', truncated = 1, error = 'removed to keep the log within ALERT_BOT_LOG_MAX'
       WHERE id IN (SELECT e.id FROM evidence e WHERE e.content <> ''
         AND (SELECT i.status = 'closed' AND i.closed_at < ? FROM incidents i WHERE i.id = e.incident_id)
         ORDER BY e.incident_id LIMIT 4)`)
    .run(before).changes;
}

/** What people did, and pauses that are over. @returns rows removed */
export function pruneAudit(db: Db, before: Instant): number {
  const old = select(db, `SELECT id FROM audit WHERE at < ? ORDER BY id LIMIT ${CHUNK}`, before);
  // The log itself refuses to forget what is younger than this.
  if (old.length > 0)
    db.prepare("UPDATE meta SET value = max(value, ?) WHERE key = 'audit_pruned_before'").run(before);
  for (const id of old) db.prepare('DELETE FROM audit WHERE id = ?').run(id);
  return (
    old.length +
    db
      .prepare(`DELETE FROM pauses WHERE id IN
           (SELECT id FROM pauses WHERE coalesce(ended_at, until, :before) < :before ORDER BY id LIMIT ${CHUNK})`)
      .run({ before }).changes
  );
}

/** Notices that were sent or given up, written before; never the last report, which says where the next one begins. */
export function pruneNotices(db: Db, before: Instant): number {
  return db
    .prepare(`DELETE FROM notices WHERE id IN (SELECT id FROM notices
         WHERE created_at < ? AND (sent_at IS NOT NULL OR given_up_at IS NOT NULL)
           AND (kind <> 'report' OR EXISTS (SELECT 1 FROM notices later
             WHERE later.dedupe > notices.dedupe AND later.dedupe < 'report;'))
         ORDER BY created_at LIMIT ${CHUNK})`)
    .run(before).changes;
}

/** Log time when something was pruned: it must not go back with the rows that had it. */
export function recordPruning(db: Db, now: Instant): void {
  db.prepare("UPDATE meta SET value = max(value, ?) WHERE key = 'log_time'").run(now);
}

/** What was observed before: read from the oldest on, so that where that is young nothing else is. @returns rows removed */
export function pruneObservations(db: Db, before: Instant): number {
  return db
    .prepare(`DELETE FROM observations WHERE id IN (SELECT id FROM
         (SELECT id, at FROM observations WHERE id > 0 ORDER BY id LIMIT ${CHUNK}) WHERE at < ?)`)
    .run(before).changes;
}
