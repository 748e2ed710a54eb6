import { z } from 'zod';
import type { Instant } from '../domain/duration.ts';
import { OUTCOMES } from '../domain/incident.ts';
import type { Db } from './db.ts';
import { instant, maybeInstant } from './row.ts';

// What a report reads of the log. Each question is answered from an index and bounded, so that a report over a month of
// a flood only takes longer: the caller gives others their turn in between.

const closedRow = z.object({
  id: z.number(),
  target: z.string().nullable(),
  title: z.string(),
  playbook: z.string().nullable(),
  outcome: z.enum(OUTCOMES),
  reason: z.string().nullable(),
  weakProof: z.string().nullable(),
  openedAt: instant,
  closedAt: instant,
});
export type ClosedIncident = z.output<typeof closedRow>;

/**
 * Incidents that were closed in a time, oldest first.
 * @param after goes on after this one, of the page before; null begins
 */
export function closedIncidents(
  db: Db,
  { from, to }: { from: Instant; to: Instant },
  after: Pick<ClosedIncident, 'id' | 'closedAt'> | null,
  limit: number,
): ClosedIncident[] {
  return db
    .prepare(
      `SELECT id, target_id AS target, title, playbook, outcome, reason, weak_proof AS weakProof,
         opened_at AS openedAt, closed_at AS closedAt FROM incidents
       WHERE status = 'closed' AND closed_at >= :from AND closed_at < :to AND (closed_at > :from OR id > :id)
       ORDER BY closed_at, id LIMIT :limit`,
    )
    .all({ from: after?.closedAt ?? from, to, id: after?.id ?? 0, limit })
    .map((row) => closedRow.parse(row));
}

/** How many incidents were opened in a time. */
export const countOpened = (db: Db, from: Instant, to: Instant): number =>
  Number(
    db.prepare('SELECT count(*) FROM incidents WHERE opened_at >= ? AND opened_at < ?').pluck().get(from, to),
  );

/** How many attempts that reached the platform, or may have, were reserved in a time. */
export const countAttempts = (db: Db, from: Instant, to: Instant): number =>
  Number(
    db
      .prepare(
        `SELECT count(*) FROM attempts INDEXED BY attempts_reserved
         WHERE reserved_at >= ? AND reserved_at < ? AND coalesce(outcome, '') <> 'not_called'`,
      )
      .pluck()
      .get(from, to),
  );

/** How many attempts of an incident reached the platform. */
export const countAttemptsOf = (db: Db, incident: number): number =>
  Number(
    db
      .prepare(
        "SELECT count(*) FROM attempts WHERE incident_id = ? AND coalesce(outcome, '') <> 'not_called'",
      )
      .pluck()
      .get(incident),
  );

/** Why an incident last waited; null where it never did. */
export function lastWait(db: Db, incident: number): string | null {
  const reason = db
    .prepare("SELECT reason FROM decisions WHERE incident_id = ? AND kind = 'defer' ORDER BY id DESC LIMIT 1")
    .pluck()
    .get(incident);
  return typeof reason === 'string' ? reason : null;
}

const heldRow = z.object({ reason: z.string().nullable(), count: z.number() });

/** How many incidents wait, by reason, the most frequent first. */
export const countHeldBy = (db: Db) =>
  db
    .prepare(
      `SELECT reason, count(*) AS count FROM incidents WHERE status <> 'closed' AND status = 'deferred'
       GROUP BY reason ORDER BY count DESC, reason`,
    )
    .all()
    .map((row) => heldRow.parse(row));

const subjectRow = z.object({ id: z.number(), target: z.string().nullable(), title: z.string() });

/** Some incidents that wait for a reason, oldest first. */
export const heldFor = (db: Db, reason: string | null, limit: number) =>
  db
    .prepare(
      `SELECT id, target_id AS target, title FROM incidents
       WHERE status <> 'closed' AND status = 'deferred' AND reason IS ? ORDER BY id LIMIT ?`,
    )
    .all(reason, limit)
    .map((row) => subjectRow.parse(row));

const waitingRow = z.object({
  id: z.number(),
  target: z.string().nullable(),
  title: z.string(),
  reason: z.string().nullable(),
  since: instant,
  acknowledgedBy: z.string().nullable(),
});

/** Incidents that a person has, those that wait longest first. */
export const handedOver = (db: Db, limit: number) =>
  db
    .prepare(
      `SELECT i.id, i.target_id AS target, i.title, i.escalated_reason AS reason, coalesce(i.escalated_at, i.updated_at) AS since,
         (SELECT e.acknowledged_by FROM escalations e WHERE e.incident_id = i.id ORDER BY e.id DESC LIMIT 1) AS acknowledgedBy
       FROM incidents i WHERE i.status <> 'closed' AND i.status = 'escalated' ORDER BY since, i.id LIMIT ?`,
    )
    .all(limit)
    .map((row) => waitingRow.parse(row));

const questionRow = z.object({
  id: z.number(),
  target: z.string().nullable(),
  title: z.string(),
  since: instant,
  until: instant,
});

/** Questions that nobody has answered yet, the one that expires first before the others. */
export const openQuestions = (db: Db, limit: number) =>
  db
    .prepare(
      `SELECT i.id, i.target_id AS target, i.title, a.asked_at AS since, a.expires_at AS until
       FROM approvals a INDEXED BY approvals_one_open JOIN incidents i ON i.id = a.incident_id
       WHERE a.ended_at IS NULL ORDER BY a.expires_at, i.id LIMIT ?`,
    )
    .all(limit)
    .map((row) => questionRow.parse(row));

/** How many incidents a person has. */
export const countHandedOver = (db: Db): number =>
  Number(
    db
      .prepare("SELECT count(*) FROM incidents WHERE status <> 'closed' AND status = 'escalated'")
      .pluck()
      .get(),
  );

/** How many questions nobody has answered yet. */
export const countQuestions = (db: Db): number =>
  Number(
    db
      .prepare('SELECT count(*) FROM approvals INDEXED BY approvals_one_open WHERE ended_at IS NULL')
      .pluck()
      .get(),
  );

const quarantineRow = z.object({ target: z.string(), until: maybeInstant });

/** Targets that are left alone because their budget was spent; the one that ends first before the others. */
export const quarantinedTargets = (db: Db) =>
  db
    .prepare(
      `SELECT target_id AS target, circuit_until AS until FROM targets WHERE circuit_open = 1
       ORDER BY circuit_until IS NULL, circuit_until, target_id LIMIT 100`,
    )
    .all()
    .map((row) => quarantineRow.parse(row));

/** Targets of which a person is told that they recur: the page is open, or somebody has acknowledged it. */
export const toldRecurring = (db: Db): string[] =>
  z.array(z.string()).parse(
    db
      .prepare(
        `SELECT DISTINCT i.target_id FROM escalations e JOIN incidents i ON i.id = e.incident_id
         WHERE e.end_sent = 0 AND e.ended_at IS NULL AND e.reason = 'recurring' AND i.target_id IS NOT NULL`,
      )
      .pluck()
      .all(),
  );
