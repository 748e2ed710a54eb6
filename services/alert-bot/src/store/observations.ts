import { z } from 'zod';
import type { Instant } from '../domain/duration.ts';
import type { Db } from './db.ts';
import { instant, maybeInstant } from './row.ts';

/** What an observation is about. The values are written and read in `replay/`. */
export const OBSERVED = [
  /** One target; the subject is its id. */
  'target',
  /** What a service name led to. */
  'service',
  /** How many targets may be acted on. */
  'fleet',
  /** One alert in Alertmanager; the subject is its fingerprint. */
  'alert',
  /** Alertmanager itself. */
  'alertmanager',
  /** One rule of Prometheus. */
  'rule',
  /** One alert of a rule in Prometheus. */
  'pending',
  /** Prometheus itself. */
  'prometheus',
  /** Samples of one selector. */
  'scrapes',
  /** The answer to one query. */
  'query',
  /** What the platform said to a call; the subject is the instance. */
  'call',
  /** A sweep found that an alert was missed, or is gone. */
  'sweep',
] as const;
export type Observed = (typeof OBSERVED)[number];

export interface Observation {
  kind: Observed;
  subject: string;
  at: Instant;
  /** Until when the answer before it was heard; null where there was none. */
  since: Instant | null;
  /** JSON. */
  value: string;
}

/** A log that cannot be written for long must not fill the memory. */
const WAITING_AT_MOST = 10_000;

interface Waiting {
  fresh: Observation[];
  /** Written by a transaction that may have been undone, with the last row's number. */
  written: { rows: Observation[]; last: number | bigint } | null;
}

/** What is to be written with the next transaction of each log. */
const waitings = new WeakMap<Db, Waiting>();

/** Lets an observation ride with the next transaction that writes something: it has no sync of its own. */
export function noteObservation(db: Db, observation: Observation): void {
  const waiting = waitings.get(db) ?? { fresh: [], written: null };
  waitings.set(db, waiting);
  if (waiting.fresh.length < WAITING_AT_MOST) waiting.fresh.push(observation);
}

/** Keeps that a sweep changed something: when it comes is the bot's own time, and what it finds depends on that. */
export function noteSweep(db: Db, at: Instant): void {
  if (waitings.get(db)?.fresh.at(-1)?.kind === 'sweep') return;
  noteObservation(db, { kind: 'sweep', subject: '', at, since: null, value: '{}' });
}

/** Writes what waits. To be called inside a transaction that writes something anyway. */
export function keepObservations(db: Db): void {
  const waiting = waitings.get(db);
  if (waiting === undefined || waiting.fresh.length === 0) return;
  const { fresh, written } = waiting;
  const wasUndone =
    written !== null && db.prepare('SELECT 1 FROM observations WHERE id = ?').get(written.last) === undefined;
  const rows = wasUndone ? [...written.rows, ...fresh] : fresh;
  const insert = db.prepare(
    'INSERT INTO observations (kind, subject, at, since, value) VALUES (:kind, :subject, :at, :since, :value)',
  );
  let last: number | bigint = 0;
  for (const row of rows) last = insert.run(row).lastInsertRowid;
  waitings.set(db, { fresh: [], written: { rows, last } });
}

const lastRow = z.object({ at: instant, value: z.string() });

/** The latest observation of a subject. */
export function lastObserved(
  db: Db,
  kind: Observed,
  subject: string,
): Pick<Observation, 'at' | 'value'> | undefined {
  const row = db
    .prepare('SELECT at, value FROM observations WHERE kind = ? AND subject = ? ORDER BY id DESC LIMIT 1')
    .get(kind, subject);
  return row === undefined ? undefined : lastRow.parse(row);
}

const observationRow = z.object({
  id: z.number(),
  kind: z.enum(OBSERVED),
  subject: z.string(),
  at: instant,
  since: maybeInstant,
  value: z.string(),
});

/** Observations in the order in which they were made, after one of them. */
export function observationsAfter(db: Db, after: number, limit: number): (Observation & { id: number })[] {
  return db
    .prepare('SELECT id, kind, subject, at, since, value FROM observations WHERE id > ? ORDER BY id LIMIT ?')
    .all(after, limit)
    .map((row) => observationRow.parse(row));
}
