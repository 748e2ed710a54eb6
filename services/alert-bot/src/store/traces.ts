import { z } from 'zod';
import type { Instant } from '../domain/duration.ts';
import type { Db } from './db.ts';
import { instant, maybeInstant, texts } from './row.ts';

// What spans tell of, as the log has it: so they are the same whichever process makes them.

/** Notes whether spans are sent: only then is a trace drawn for a new incident. */
export function setTracing(db: Db, on: boolean): void {
  db.prepare("UPDATE meta SET value = ? WHERE key = 'tracing'").run(on ? 1 : 0);
}

/** Whether it sent spans at its last start. */
export const isTracing = (db: Db): boolean =>
  db.prepare("SELECT value FROM meta WHERE key = 'tracing'").pluck().get() === 1;

/** The trace of an incident; null where it has none. */
export function traceOf(db: Db, incident: number): string | null {
  const trace = db.prepare('SELECT trace FROM incidents WHERE id = ?').pluck().get(incident);
  return typeof trace === 'string' ? trace : null;
}

/** Deliveries that opened an incident or brought an alert to it, oldest first. */
export const deliveriesOf = (db: Db, incident: number, limit: number): string[] =>
  texts.parse(
    db
      .prepare(
        `SELECT DISTINCT delivery_id FROM delivery_alerts WHERE incident_id = ? AND outcome IN ('new', 'joined')
         ORDER BY delivery_id LIMIT ?`,
      )
      .pluck()
      .all(incident, limit),
  );

/** When a delivery was received; null where it is gone. */
export function receivedAt(db: Db, delivery: string): Instant | null {
  const at = db.prepare('SELECT received_at FROM deliveries WHERE id = ?').pluck().get(delivery);
  return typeof at === 'number' ? at : null;
}

const evidenceRow = z.object({
  from: maybeInstant,
  to: maybeInstant,
  pieces: z.number(),
  failed: z.number(),
});

/** When the evidence of an attempt was captured before its call, and how much of it. */
export const evidenceTime = (db: Db, attempt: number) =>
  evidenceRow.parse(
    db
      .prepare(
        `SELECT min(at) AS "from", max(at + took_ms) AS "to", count(*) AS pieces, count(error) AS failed
         FROM evidence WHERE attempt_id = ? AND moment = 'before'`,
      )
      .get(attempt),
  );

const proofRow = z.object({ at: instant, deadline: instant });

/** When proof was last begun to be sought for an incident; null where it never was. */
export function proofBegan(db: Db, incident: number): z.output<typeof proofRow> | null {
  const row = db
    .prepare(
      `SELECT at, json_extract(data, '$.deadline') AS deadline FROM events
       WHERE incident_id = ? AND kind = 'proof' AND json_extract(data, '$.deadline') IS NOT NULL ORDER BY id DESC LIMIT 1`,
    )
    .get(incident);
  return row === undefined ? null : proofRow.parse(row);
}

const decisionRow = z.object({ id: z.number(), at: instant });

/** The row of the last decision about an incident. */
export function lastDecisionRow(db: Db, incident: number): z.output<typeof decisionRow> | null {
  const row = db
    .prepare('SELECT id, at FROM decisions WHERE incident_id = ? ORDER BY id DESC LIMIT 1')
    .get(incident);
  return row === undefined ? null : decisionRow.parse(row);
}
