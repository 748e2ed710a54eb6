import { z } from 'zod';
import type { Labels } from '../domain/alert.ts';
import type { Instant } from '../domain/duration.ts';
import type { EscalateReason } from '../domain/reason.ts';
import type { Db } from './db.ts';
import { carried } from './leaps.ts';
import { instant, json, labels, maybeInstant, texts } from './row.ts';

const escalationRow = z
  .object({
    id: z.number(),
    incident_id: z.number(),
    reason: z.string(),
    labels: json(labels),
    annotations: json(labels),
    starts_at: instant,
    ended_at: maybeInstant,
    last_sent_at: maybeInstant,
    error: z.string().nullable(),
    acknowledged_by: z.string().nullable(),
  })
  .transform((r) => ({
    id: r.id,
    incident: r.incident_id,
    reason: r.reason,
    labels: r.labels,
    annotations: r.annotations,
    startsAt: r.starts_at,
    endedAt: r.ended_at,
    lastSentAt: r.last_sent_at,
    error: r.error,
    acknowledgedBy: r.acknowledged_by,
  }));
export type Escalation = z.output<typeof escalationRow>;

export function addEscalation(
  db: Db,
  incident: number,
  reason: EscalateReason | 'approval_required',
  alert: { labels: Labels; annotations: Labels },
  now: Instant,
): void {
  db.prepare(
    'INSERT INTO escalations (incident_id, reason, labels, annotations, starts_at) VALUES (?, ?, ?, ?, ?)',
  ).run(incident, reason, JSON.stringify(alert.labels), JSON.stringify(alert.annotations), now);
}

/** Changes what a page says. Its labels stay, so that it is the same page; the next sending carries it. */
export function retellEscalation(db: Db, incident: number, annotations: Labels): void {
  db.prepare('UPDATE escalations SET annotations = ? WHERE incident_id = ? AND ended_at IS NULL').run(
    JSON.stringify(annotations),
    incident,
  );
}

/** Ends what an incident escalated; the outbox then tells Alertmanager. */
export function endEscalations(db: Db, incident: number, now: Instant): void {
  db.prepare(
    'UPDATE escalations SET ended_at = ?, last_sent_at = NULL WHERE incident_id = ? AND ended_at IS NULL',
  ).run(now, incident);
}

/** Ends what an incident told a person for one reason only. */
export function endEscalationsFor(
  db: Db,
  incident: number,
  reason: EscalateReason | 'approval_required',
  now: Instant,
): void {
  db.prepare(
    `UPDATE escalations SET ended_at = ?, last_sent_at = NULL
     WHERE incident_id = ? AND reason = ? AND ended_at IS NULL`,
  ).run(now, incident, reason);
}

/**
 * Ends the pages of an incident because somebody has seen them; a question is answered, not acknowledged.
 * @returns the reasons of those that ended
 */
export function acknowledgeEscalations(db: Db, incident: number, by: string, now: Instant): string[] {
  return texts.parse(
    db
      .prepare(
        `UPDATE escalations SET ended_at = :now, last_sent_at = NULL, acknowledged_by = :by
         WHERE incident_id = :incident AND ended_at IS NULL AND reason <> 'approval_required' RETURNING reason`,
      )
      .pluck()
      .all({ incident, by, now }),
  );
}

/** When a person was last told of a target for a reason since a reset; whether that has ended or not. */
export function lastToldOf(db: Db, target: string, reason: EscalateReason, reset: Instant): Instant | null {
  const at = db
    .prepare(
      `SELECT max(${carried('e.starts_at')}) FROM escalations e JOIN incidents i ON i.id = e.incident_id
       WHERE i.target_id = ? AND e.reason = ? AND e.starts_at > ?`,
    )
    .pluck()
    .get(target, reason, reset);
  return typeof at === 'number' ? at : null;
}

/** Ends the pages that tell of a slow loop of a target; of all, those that are older than `before`. */
export function endRecurring(db: Db, which: { target: string } | { before: Instant }, now: Instant): void {
  db.prepare(
    `UPDATE escalations SET ended_at = :now, last_sent_at = NULL
     WHERE end_sent = 0 AND ended_at IS NULL AND reason = 'recurring' AND (:before IS NULL OR starts_at <= :before)
       AND (:target IS NULL OR (SELECT i.target_id FROM incidents i WHERE i.id = incident_id) = :target)`,
  ).run({
    now,
    target: 'target' in which ? which.target : null,
    before: 'before' in which ? which.before : null,
  });
}

/**
 * What has to be sent now: never sent, sent longer than `every` ago, or ended and not yet told to every peer. An end is not
 * sent again once a page with the same labels is there: Alertmanager would take it for the end of that one.
 */
export function dueEscalations(db: Db, every: number, now: Instant): Escalation[] {
  return db
    .prepare(
      `SELECT * FROM escalations e WHERE end_sent = 0 AND (last_sent_at IS NULL OR last_sent_at <= ?)
         AND NOT (ended_at IS NOT NULL AND last_sent_at IS NOT NULL AND EXISTS (
           SELECT 1 FROM escalations later WHERE later.incident_id = e.incident_id AND later.id > e.id
             AND later.ended_at IS NULL AND later.labels = e.labels))
       ORDER BY id`,
    )
    .all(now - every)
    .map((row) => escalationRow.parse(row));
}

export function escalationsOf(db: Db, incident: number): Escalation[] {
  return db
    .prepare('SELECT * FROM escalations WHERE incident_id = ? ORDER BY id')
    .all(incident)
    .map((row) => escalationRow.parse(row));
}

/**
 * Records that a sending succeeded; what ended while it was on its way is due again.
 * @param over whether every peer knows that the page has ended
 */
export function recordSending(db: Db, escalation: Escalation, over: boolean, now: Instant): void {
  db.prepare(
    `UPDATE escalations SET last_sent_at = :now, end_sent = :over, error = NULL
     WHERE id = :id AND ended_at IS :endedAt`,
  ).run({ now, over: over ? 1 : 0, id: escalation.id, endedAt: escalation.endedAt });
}

/** Records that nobody took it; it is due again. */
export function recordFailure(db: Db, { id }: Escalation, error: string): void {
  db.prepare('UPDATE escalations SET error = ? WHERE id = ?').run(error, id);
}

/** How many incidents have a page that nobody has acknowledged; questions and the storm are counted elsewhere. */
export const countPages = (db: Db): number =>
  Number(
    db
      .prepare(
        `SELECT count(DISTINCT incident_id) FROM escalations
         WHERE end_sent = 0 AND ended_at IS NULL AND reason NOT IN ('approval_required', 'storm')`,
      )
      .pluck()
      .get(),
  );
