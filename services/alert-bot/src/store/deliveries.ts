import { z } from 'zod';
import type { AlertSource } from '../domain/alert.ts';
import type { Bytes } from '../domain/bytes.ts';
import type { Instant } from '../domain/duration.ts';
import type { Db } from './db.ts';

export interface Delivery {
  id: string;
  receivedAt: Instant;
  source: AlertSource;
  groupKey: string | null;
  /** The POST as it came. */
  body: string;
}

/** What became of one alert of a delivery. */
export interface AlertOutcome {
  index: number;
  outcome: 'new' | 'joined' | 'duplicate' | 'late' | 'resolved' | 'rejected' | 'heartbeat' | 'own';
  fingerprint?: string | undefined;
  incident?: number | undefined;
  field?: string | undefined;
  message?: string | undefined;
}

export const ALERT_OUTCOMES = [
  'new',
  'joined',
  'duplicate',
  'late',
  'resolved',
  'rejected',
  'heartbeat',
  'own',
] as const satisfies readonly AlertOutcome['outcome'][];

export function insertDelivery(db: Db, delivery: Delivery): void {
  db.prepare(
    `INSERT INTO deliveries (id, received_at, source, group_key, body)
     VALUES (:id, :receivedAt, :source, :groupKey, :body)`,
  ).run(delivery);
}

const deliveryRow = z.object({
  id: z.string(),
  received_at: z.number(),
  source: z.enum(['alertmanager', 'manual']),
  size: z.number(),
  tries: z.number(),
  begun: z.number().nullable(),
});

/** One that waits for triage; its body is read when it has its turn. */
export interface PendingDelivery extends Omit<Delivery, 'body' | 'groupKey'> {
  /** Of its body. */
  size: Bytes;
  /** How often triage was begun. */
  tries: number;
  /** The boot that has begun the last of them, where that one is not over. */
  begun: number | null;
}

/** Deliveries that were acknowledged and not yet triaged, in the order in which they were committed. */
export function pendingDeliveries(db: Db, limit: number): PendingDelivery[] {
  return db
    .prepare(
      "SELECT id, received_at, source, octet_length(body) AS size, tries, begun FROM deliveries WHERE state = 'pending' ORDER BY rowid LIMIT ?",
    )
    .all(limit)
    .map((row) => {
      const r = deliveryRow.parse(row);
      return {
        id: r.id,
        receivedAt: r.received_at,
        source: r.source,
        size: r.size,
        tries: r.tries,
        begun: r.begun,
      };
    });
}

export const bodyOf = (db: Db, id: string): string =>
  z.string().parse(db.prepare('SELECT body FROM deliveries WHERE id = ?').pluck().get(id));

/** Whether any delivery waits for its first try, or has one that this boot has begun. */
export const hasBacklog = (db: Db, boot: number): boolean =>
  db
    .prepare("SELECT 1 FROM deliveries WHERE state = 'pending' AND (tries = 0 OR begun = ?) LIMIT 1")
    .get(boot) !== undefined;

export function finishDelivery(db: Db, id: string, state: 'triaged' | 'rejected'): void {
  db.prepare('UPDATE deliveries SET state = ? WHERE id = ?').run(state, id);
}

/** Counts a try of each before it is made: one that ends the process counts too. */
export function beginTries(db: Db, ids: readonly string[], boot: number): void {
  const begin = db.prepare('UPDATE deliveries SET tries = tries + 1, begun = ? WHERE id = ?');
  for (const id of ids) begin.run(boot, id);
}

/** A try that took some of its alerts further is no try in vain, however it ends. */
export function noteProgress(db: Db, id: string): void {
  db.prepare('UPDATE deliveries SET tries = 1 WHERE id = ?').run(id);
}

/** The try came to nothing, and the delivery waits for the next one. */
export function endTry(db: Db, id: string): void {
  db.prepare('UPDATE deliveries SET begun = NULL WHERE id = ?').run(id);
}

export function recordOutcome(db: Db, delivery: string, outcome: AlertOutcome): void {
  db.prepare(
    `INSERT INTO delivery_alerts (delivery_id, idx, outcome, fingerprint, incident_id, field, message)
     VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (delivery_id, idx) DO NOTHING`,
  ).run(
    delivery,
    outcome.index,
    outcome.outcome,
    outcome.fingerprint ?? null,
    outcome.incident ?? null,
    outcome.field ?? null,
    outcome.message ?? null,
  );
}

const outcomeRow = z.object({
  idx: z.number(),
  outcome: z.enum(ALERT_OUTCOMES),
  fingerprint: z.string().nullable(),
  incident_id: z.number().nullable(),
});

/** What became of the alerts of a delivery so far. */
export function outcomesOf(db: Db, delivery: string): AlertOutcome[] {
  return db
    .prepare('SELECT * FROM delivery_alerts WHERE delivery_id = ? ORDER BY idx')
    .all(delivery)
    .map((row) => {
      const r = outcomeRow.parse(row);
      return {
        index: r.idx,
        outcome: r.outcome,
        fingerprint: r.fingerprint ?? undefined,
        incident: r.incident_id ?? undefined,
      };
    });
}

export const countPending = (db: Db): number =>
  Number(db.prepare("SELECT count(*) FROM deliveries WHERE state = 'pending'").pluck().get());
