import { z } from 'zod';
import { type Decision, sameDecision } from '../domain/decision.ts';
import type { Instant } from '../domain/duration.ts';
import type { Facts } from '../domain/facts.ts';
import { REASONS, type Reason } from '../domain/reason.ts';
import type { Db } from './db.ts';
import { carried } from './leaps.ts';
import { keepObservations } from './observations.ts';
import { instant, json, maybeInstant } from './row.ts';

const reasons = z.enum([...REASONS.act, ...REASONS.defer, ...REASONS.skip, ...REASONS.escalate]);
const common = {
  also: z.array(reasons),
  guards: z.array(
    z.object({ guard: z.string(), answer: z.enum(['allow', 'block', 'unknown']), because: z.string() }),
  ),
};
const decisionShape = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('act'), reason: z.enum(REASONS.act), step: z.number(), ...common }),
  z.object({
    kind: z.literal('defer'),
    reason: z.enum(REASONS.defer),
    until: z.number().nullable(),
    ...common,
  }),
  z.object({ kind: z.literal('skip'), reason: z.enum(REASONS.skip), ...common }),
  z.object({ kind: z.literal('escalate'), reason: z.enum(REASONS.escalate), ...common }),
]);

export type DecisionRow = z.output<typeof decisionRow>;
const decisionRow = z.object({
  id: z.number(),
  at: instant,
  last_at: instant,
  count: z.number(),
  until: maybeInstant,
  decision: json(decisionShape),
  facts: json(z.record(z.string(), z.unknown())),
});

/**
 * Records a decision: a row when kind, reason or `until` changes, otherwise the last row's counter (G10).
 * @returns whether it is a new row
 */
export function recordDecision(
  db: Db,
  incident: number,
  decision: Decision,
  facts: Facts,
  now: Instant,
): boolean {
  // What it was decided upon.
  keepObservations(db);
  const last = lastDecision(db, incident);
  if (last !== undefined && sameDecision(last.decision, decision)) {
    db.prepare('UPDATE decisions SET count = count + 1, last_at = ? WHERE id = ?').run(now, last.id);
    return false;
  }
  db.prepare(
    `INSERT INTO decisions (incident_id, at, last_at, kind, reason, until, decision, facts)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    incident,
    now,
    now,
    decision.kind,
    decision.reason,
    decision.kind === 'defer' ? decision.until : null,
    JSON.stringify(decision),
    JSON.stringify(facts),
  );
  return true;
}

export function lastDecision(db: Db, incident: number) {
  const row = db
    .prepare('SELECT * FROM decisions WHERE incident_id = ? ORDER BY id DESC LIMIT 1')
    .get(incident);
  return row === undefined ? undefined : decisionRow.parse(row);
}

/** When a decision of an incident with this reason was last taken or repeated. */
export function lastDecidedAt(db: Db, incident: number, reason: Reason): Instant | null {
  const at = db
    .prepare(`SELECT max(${carried('last_at')}) FROM decisions WHERE incident_id = ? AND reason = ?`)
    .pluck()
    .get(incident, reason);
  return typeof at === 'number' ? at : null;
}

export function decisionsOf(db: Db, incident: number) {
  return db
    .prepare('SELECT * FROM decisions WHERE incident_id = ? ORDER BY id')
    .all(incident)
    .map((row) => decisionRow.parse(row));
}

/** Decisions about an incident, newest first. @param before only rows with a smaller id */
export const decisionsBefore = (db: Db, incident: number, before: number, limit: number) =>
  db
    .prepare('SELECT * FROM decisions WHERE incident_id = ? AND id < ? ORDER BY id DESC LIMIT ?')
    .all(incident, before, limit)
    .map((row) => decisionRow.parse(row));
