import { z } from 'zod';
import type { Instant, Millis } from '../domain/duration.ts';
import type { Db } from './db.ts';
import { flag, instant } from './row.ts';

/** Something that a restart destroys, or that explains it: captured before a destructive step (G9). */
export interface Evidence {
  kind: 'logs' | 'state' | 'query';
  /** The instance, or the query. */
  subject: string;
  at: Instant;
  took: Millis;
  content: string;
  truncated: boolean;
  /** Why it could not be captured; recorded, and never a reason to block. */
  error: string | null;
}

export function insertEvidence(db: Db, incident: number, attempt: number, evidence: Evidence): void {
  db.prepare(
    `INSERT INTO evidence (incident_id, attempt_id, kind, subject, at, took_ms, content, truncated, error)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    incident,
    attempt,
    evidence.kind,
    evidence.subject,
    evidence.at,
    evidence.took,
    evidence.content,
    evidence.truncated ? 1 : 0,
    evidence.error,
  );
}

const evidenceRow = z.object({
  id: z.number(),
  attempt_id: z.number().nullable(),
  kind: z.string(),
  subject: z.string(),
  at: instant,
  took_ms: z.number(),
  content: z.string(),
  truncated: flag,
  error: z.string().nullable(),
});

export function evidenceOf(db: Db, incident: number) {
  return db
    .prepare('SELECT * FROM evidence WHERE incident_id = ? ORDER BY id')
    .all(incident)
    .map((row) => evidenceRow.parse(row));
}

/** One piece of what was captured for an incident. */
export function evidenceById(db: Db, incident: number, id: number) {
  const row = db.prepare('SELECT * FROM evidence WHERE id = ? AND incident_id = ?').get(id, incident);
  return row === undefined ? undefined : evidenceRow.parse(row);
}
