import { z } from 'zod';
import type { Instant } from '../domain/duration.ts';
import type { Person } from './controls.ts';
import type { Db } from './db.ts';
import { instant, json, maybeInstant } from './row.ts';

/**
 * How a question ended. replaced: what it was about does not run any more, so that it is asked anew. withdrawn:
 * nobody has to answer it any more.
 */
export const ANSWERS = ['approved', 'rejected', 'expired', 'withdrawn', 'replaced'] as const;
export type Answer = (typeof ANSWERS)[number];

const approvalRow = z
  .object({
    id: z.number(),
    incident_id: z.number(),
    step: z.number(),
    instances: json(z.array(z.object({ id: z.string(), startedAt: z.number().nullable() }))),
    asked_at: instant,
    expires_at: instant,
    ended_at: maybeInstant,
    answer: z.enum(ANSWERS).nullable(),
    by: z.string().nullable(),
    why: z.string().nullable(),
  })
  .transform((r) => ({
    id: r.id,
    incident: r.incident_id,
    step: r.step,
    instances: r.instances,
    askedAt: r.asked_at,
    expiresAt: r.expires_at,
    endedAt: r.ended_at,
    answer: r.answer,
    by: r.by,
    why: r.why,
  }));
/** One question to a person: may this step be done on these instances (mode approve)? */
export type Approval = z.output<typeof approvalRow>;

/** Asks. An incident has at most one question that is open. @returns the question's number */
export function askApproval(
  db: Db,
  question: Pick<Approval, 'incident' | 'step' | 'expiresAt'> & {
    instances: Readonly<Approval['instances']>;
  },
  now: Instant,
): number {
  const id = db
    .prepare(
      `INSERT INTO approvals (incident_id, step, instances, asked_at, expires_at) VALUES (?, ?, ?, ?, ?)
       RETURNING id`,
    )
    .pluck()
    .get(question.incident, question.step, JSON.stringify(question.instances), now, question.expiresAt);
  return Number(id);
}

/** Ends an open question. `said` is who answered and why; by nobody where the bot itself ends it. */
export function endApproval(
  db: Db,
  id: number,
  answer: Answer,
  said: { by: Person['by'] | null; why: Person['why'] },
  now: Instant,
): void {
  db.prepare(
    'UPDATE approvals SET ended_at = ?, answer = ?, by = ?, why = ? WHERE id = ? AND ended_at IS NULL',
  ).run(now, answer, said.by, said.why, id);
}

/** The questions of an incident, oldest first. */
export function approvalsOf(db: Db, incident: number): Approval[] {
  return db
    .prepare('SELECT * FROM approvals WHERE incident_id = ? ORDER BY id')
    .all(incident)
    .map((row) => approvalRow.parse(row));
}

/** The latest question of an incident, whether it is open or not. */
export function lastApproval(db: Db, incident: number): Approval | undefined {
  const row = db
    .prepare('SELECT * FROM approvals WHERE incident_id = ? ORDER BY id DESC LIMIT 1')
    .get(incident);
  return row === undefined ? undefined : approvalRow.parse(row);
}

/** Whether an attempt that counts has begun since and is over: it has used an approval up. */
export function attemptedSince(db: Db, incident: number, since: Instant): boolean {
  const found = db
    .prepare(
      `SELECT 1 FROM attempts WHERE incident_id = ? AND reserved_at >= ? AND ended_at IS NOT NULL
       AND outcome <> 'not_called' LIMIT 1`,
    )
    .get(incident, since);
  return found !== undefined;
}

/**
 * Questions to people, newest first.
 * @param open whether they wait for an answer; both where it is left out
 * @param before only rows with a smaller id
 */
export function approvalsBefore(
  db: Db,
  { open, before }: { open: boolean | undefined; before: number },
  limit: number,
): Approval[] {
  const condition = open === undefined ? '' : `AND ended_at IS ${open ? '' : 'NOT '}NULL`;
  const index = open === true ? 'INDEXED BY approvals_one_open' : '';
  return db
    .prepare(`SELECT * FROM approvals ${index} WHERE id < ? ${condition} ORDER BY id DESC LIMIT ?`)
    .all(before, limit)
    .map((row) => approvalRow.parse(row));
}

/** How many questions wait for an answer. */
export const countQuestions = (db: Db): number =>
  Number(db.prepare('SELECT count(*) FROM approvals WHERE ended_at IS NULL').pluck().get());
