import { z } from 'zod';
import type { Instant, Millis } from '../domain/duration.ts';
import type { AttemptFact, CircuitFact } from '../domain/facts.ts';
import type { Verb } from '../domain/platform.ts';
import type { ActReason } from '../domain/reason.ts';
import type { Instance, TargetId } from '../domain/target.ts';
import type { Db } from './db.ts';
import { carried } from './leaps.ts';
import { noteAction } from './notices.ts';
import { keepObservations } from './observations.ts';
import { instant, json, maybeInstant } from './row.ts';

/** How an attempt ended. `not_called` never reached the platform, so it counts towards no budget. */
export const ATTEMPT_OUTCOMES = [
  'helped',
  'did_not_help',
  'unproven',
  'not_called',
  'not_done',
  'failed',
  'target_down',
  'target_gone',
  'lost',
] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

const attemptRow = z.object({
  id: z.number(),
  incident_id: z.number(),
  target_id: z.string(),
  step: z.number(),
  number: z.number(),
  reason: z.string(),
  boot: z.number(),
  grace: z.number(),
  reserved_at: instant,
  ended_at: maybeInstant,
  outcome: z.enum(ATTEMPT_OUTCOMES).nullable(),
  detail: z.string().nullable(),
  circuit_before: json(z.object({ open: z.boolean(), until: z.number().nullable(), times: z.number() })),
});
export type Attempt = z.output<typeof attemptRow>;

export const instanceShape = z.object({
  id: z.string(),
  name: z.string(),
  running: z.boolean(),
  // Rows from before it was known have none.
  createdAt: z.number().nullable().default(null),
  startedAt: z.number().nullable(),
  finishedAt: z.number().nullable(),
  restartCount: z.number(),
  exitCode: z.number().nullable(),
  // Rows from before it was known have none.
  atRest: z.string().nullable().default(null),
  health: z.enum(['none', 'starting', 'healthy', 'unhealthy']),
  healthDetail: z.string(),
});

const callRow = z.object({
  id: z.number(),
  attempt_id: z.number(),
  instance_id: z.string(),
  verb: z.enum(['restart', 'start']),
  before: json(instanceShape),
  calling_at: instant,
  ended_at: maybeInstant,
  result: z.string().nullable(),
  after: json(instanceShape).nullable(),
});
export type Call = z.output<typeof callRow>;

/** Reserves the next attempt of a step. The unique indexes refuse a second open one per target (G2). */
export function reserveAttempt(
  db: Db,
  attempt: {
    incident: number;
    target: TargetId;
    step: number;
    reason: ActReason;
    boot: number;
    grace: Millis;
    circuitBefore: CircuitFact & { times: number };
  },
  now: Instant,
): Attempt {
  const row = db
    .prepare(
      `INSERT INTO attempts (incident_id, target_id, step, number, reason, boot, grace, reserved_at, circuit_before)
       VALUES (:incident, :target, :step,
         (SELECT coalesce(max(number), 0) + 1 FROM attempts WHERE incident_id = :incident AND step = :step),
         :reason, :boot, :grace, :now, :circuitBefore) RETURNING *`,
    )
    .get({ ...attempt, circuitBefore: JSON.stringify(attempt.circuitBefore), now });
  return attemptRow.parse(row);
}

/** Ends an attempt, and notes it for those who are told of actions. */
export function endAttempt(db: Db, id: number, outcome: AttemptOutcome, detail: string, now: Instant): void {
  const { changes } = db
    .prepare('UPDATE attempts SET ended_at = ?, outcome = ?, detail = ? WHERE id = ? AND ended_at IS NULL')
    .run(now, outcome, detail, id);
  if (changes === 1) noteAction(db, id, now);
}

/** The open attempt of an incident, if any. */
export function openAttemptOf(db: Db, incident: number): Attempt | undefined {
  const row = db.prepare('SELECT * FROM attempts WHERE incident_id = ? AND ended_at IS NULL').get(incident);
  return row === undefined ? undefined : attemptRow.parse(row);
}

export function attemptsOf(db: Db, incident: number): Attempt[] {
  return db
    .prepare('SELECT * FROM attempts WHERE incident_id = ? ORDER BY id')
    .all(incident)
    .map((row) => attemptRow.parse(row));
}

const factRow = z.object({
  incident_id: z.number(),
  step: z.number(),
  reserved_at: instant,
  ended_at: maybeInstant,
});

/**
 * The attempts on a target that count, reserved since a reset, oldest first. One that is still open counts
 * whenever it was reserved: a reset must not hide it. One of the same millisecond as the reset counts too.
 */
export function attemptFacts(db: Db, target: TargetId, since: Instant): AttemptFact[] {
  return db
    .prepare(
      `SELECT incident_id, step, ${carried('reserved_at')} AS reserved_at, ${carried('ended_at')} AS ended_at FROM attempts
       WHERE target_id = ? AND (attempts.reserved_at >= ? OR attempts.ended_at IS NULL) AND coalesce(outcome, '') <> 'not_called' ORDER BY id`,
    )
    .all(target, since)
    .map((row) => {
      const r = factRow.parse(row);
      return {
        incident: String(r.incident_id),
        step: r.step,
        reservedAt: r.reserved_at,
        endedAt: r.ended_at,
      };
    });
}

/** When an attempt of an incident last ended without a call, after `since`. */
export function lastNotCalledAt(db: Db, incident: number, since: Instant): Instant | null {
  const at = db
    .prepare(
      `SELECT max(${carried('ended_at')}) FROM attempts
       WHERE incident_id = ? AND outcome = 'not_called' AND ended_at > ?`,
    )
    .pluck()
    .get(incident, since);
  return typeof at === 'number' ? at : null;
}

const recentRow = z.object({ target_id: z.string(), at: instant });

/** Targets on which an attempt that counts was reserved after `since`, each with its latest (G5). */
export function recentTargets(db: Db, since: Instant): { target: TargetId; at: Instant }[] {
  return db
    .prepare(
      `SELECT target_id, max(${carried('reserved_at')}) AS at FROM attempts INDEXED BY attempts_reserved
       WHERE reserved_at > :since - (SELECT coalesce(sum(by), 0) FROM leaps) AND ${carried('reserved_at')} > :since
         AND coalesce(outcome, '') <> 'not_called' GROUP BY target_id ORDER BY target_id`,
    )
    .all({ since })
    .map((row) => {
      const { target_id, at } = recentRow.parse(row);
      return { target: target_id, at };
    });
}

/** The intent: written and synced before the platform is called (G3). */
export function recordIntent(db: Db, attempt: number, verb: Verb, before: Instance, now: Instant): Call {
  const row = db
    .prepare(
      `INSERT INTO calls (attempt_id, instance_id, verb, before, calling_at) VALUES (?, ?, ?, ?, ?)
       RETURNING *`,
    )
    .get(attempt, before.id, verb, JSON.stringify(before), now);
  return callRow.parse(row);
}

export function endCall(db: Db, id: number, result: string, after: Instance | null, now: Instant): void {
  keepObservations(db);
  db.prepare('UPDATE calls SET ended_at = ?, result = ?, after = ? WHERE id = ?').run(
    now,
    result,
    after === null ? null : JSON.stringify(after),
    id,
  );
}

/** Whether the last run of an instance was ended by a call of ours that did not start it again, or may have been. */
export function endedByUs(db: Db, { id, startedAt }: Pick<Instance, 'id' | 'startedAt'>): boolean {
  const found = db
    .prepare(
      `SELECT 1 FROM calls WHERE instance_id = ? AND result IN ('stopped', 'lost')
       AND json_extract(before, '$.startedAt') IS ? LIMIT 1`,
    )
    .get(id, startedAt);
  return found !== undefined;
}

/** Whether the run that an instance is in was begun by a call of ours. */
export function startedByUs(db: Db, { id, startedAt }: Pick<Instance, 'id' | 'startedAt'>): boolean {
  const found = db
    .prepare(
      `SELECT 1 FROM calls WHERE instance_id = ? AND result = 'done'
       AND json_extract(after, '$.startedAt') IS ? LIMIT 1`,
    )
    .get(id, startedAt);
  return found !== undefined;
}

export function callsOf(db: Db, attempt: number): Call[] {
  return db
    .prepare('SELECT * FROM calls WHERE attempt_id = ? ORDER BY id')
    .all(attempt)
    .map((row) => callRow.parse(row));
}
