import { z } from 'zod';
import type { Instant } from '../domain/duration.ts';
import type { TargetId } from '../domain/target.ts';
import type { Db } from './db.ts';
import { endRecurring } from './escalations.ts';
import { flag, maybeInstant } from './row.ts';

/** The circuit of a target: open means quarantine; `times` in a row doubles it. */
export interface Circuit {
  open: boolean;
  until: Instant | null;
  times: number;
}

export interface TargetState extends Circuit {
  /** When a person last reset it: nothing before that counts any more. */
  resetAt: Instant | null;
}

const targetRow = z.object({
  circuit_open: flag,
  circuit_until: maybeInstant,
  circuit_times: z.number(),
  reset_at: maybeInstant,
});

/** What the log knows of a target; a closed circuit where it knows nothing. */
export function targetState(db: Db, target: TargetId): TargetState {
  const row = db.prepare('SELECT * FROM targets WHERE target_id = ?').get(target);
  if (row === undefined) return { open: false, until: null, times: 0, resetAt: null };
  const r = targetRow.parse(row);
  return { open: r.circuit_open, until: r.circuit_until, times: r.circuit_times, resetAt: r.reset_at };
}

export function setCircuit(db: Db, target: TargetId, circuit: Circuit): void {
  db.prepare(
    `INSERT INTO targets (target_id, circuit_open, circuit_until, circuit_times) VALUES (?, ?, ?, ?)
     ON CONFLICT (target_id) DO UPDATE SET circuit_open = excluded.circuit_open,
       circuit_until = excluded.circuit_until, circuit_times = excluded.circuit_times`,
  ).run(target, circuit.open ? 1 : 0, circuit.until, circuit.times);
}

/** A person hands the target back: the circuit closes, budgets, cooldown and ladder start anew. */
export function resetTarget(db: Db, target: TargetId, now: Instant): void {
  db.prepare(
    `INSERT INTO targets (target_id, reset_at) VALUES (?, ?)
     ON CONFLICT (target_id) DO UPDATE SET reset_at = excluded.reset_at, circuit_open = 0,
       circuit_until = NULL, circuit_times = 0`,
  ).run(target, now);
  endRecurring(db, { target }, now);
}

/** Whether the log has ever had to do with a target: it was acted on, or a person or the circuit was there. */
export const isKnownTarget = (db: Db, target: TargetId): boolean =>
  db
    .prepare(
      'SELECT 1 FROM targets WHERE target_id = :target UNION ALL SELECT 1 FROM attempts WHERE target_id = :target LIMIT 1',
    )
    .get({ target }) !== undefined;

const quarantineRow = z.object({
  target_id: z.string(),
  circuit_until: maybeInstant,
  circuit_times: z.number(),
});

/** A target whose circuit is open. */
export interface Quarantine {
  target: TargetId;
  /** When a trial is allowed; null is only after a reset. */
  until: Instant | null;
  times: number;
}

export const quarantines = (db: Db): Quarantine[] =>
  db
    .prepare(
      'SELECT target_id, circuit_until, circuit_times FROM targets WHERE circuit_open = 1 ORDER BY target_id',
    )
    .all()
    .map((row) => {
      const r = quarantineRow.parse(row);
      return { target: r.target_id, until: r.circuit_until, times: r.circuit_times };
    });
