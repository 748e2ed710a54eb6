import { z } from 'zod';
import type { Instant, Millis } from '../domain/duration.ts';
import type { Db } from './db.ts';
import { flag, instant } from './row.ts';

/** Captured before an attempt calls, or when its proof is over: what the action made of it. */
export const MOMENTS = ['before', 'after'] as const;

/** Something that a restart destroys, or that explains it: captured before a destructive step (G9), and after it. */
export interface Evidence {
  moment: (typeof MOMENTS)[number];
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
    `INSERT INTO evidence (incident_id, attempt_id, moment, kind, subject, at, took_ms, content, truncated, error)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    incident,
    attempt,
    evidence.moment,
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
  moment: z.enum(MOMENTS),
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

/** Whether the evidence of an attempt's end is there: it is kept once. */
export const hasAfter = (db: Db, attempt: number): boolean =>
  db.prepare("SELECT 1 FROM evidence WHERE attempt_id = ? AND moment = 'after' LIMIT 1").get(attempt) !==
  undefined;

/** One piece of what was captured for an incident. */
export function evidenceById(db: Db, incident: number, id: number) {
  const row = db.prepare('SELECT * FROM evidence WHERE id = ? AND incident_id = ?').get(id, incident);
  return row === undefined ? undefined : evidenceRow.parse(row);
}
