import { z } from 'zod';
import type { Instant } from '../domain/duration.ts';
import { assertTransition, OUTCOMES, type Outcome, STATUSES, type Status } from '../domain/incident.ts';
import type { Step } from '../domain/playbook.ts';
import { type EscalateReason, REASONS, type Reason } from '../domain/reason.ts';
import type { TargetId } from '../domain/target.ts';
import type { Db } from './db.ts';
import { haveEnded } from './episodes.ts';
import { addEvent } from './events.ts';
import { carried } from './leaps.ts';
import { keepObservations } from './observations.ts';
import { instant, json, maybeInstant, numbers } from './row.ts';

export const step = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('restart'), timeout: z.number(), attempts: z.number() }),
  z.object({ kind: z.literal('escalate') }),
]);

/** A proof in progress, as `policy/proof.ts` keeps it; in the log so that it survives a restart of the bot. */
export const proofRow = z.object({
  since: z.number(),
  startedAt: z.number().nullable(),
  restartCount: z.number(),
  deadline: z.number(),
  stable: z.number(),
  above: z.number().nullable(),
  clean: z.record(z.string(), z.object({ count: z.number(), last: z.number() })),
  goodSince: z.number().nullable(),
  /** Full ids of the instances the proof is about: others mean that somebody replaced them. */
  ids: z.array(z.string()),
});
export type ProofRow = z.output<typeof proofRow>;

export const incidentRow = z
  .object({
    id: z.number(),
    target_id: z.string().nullable(),
    service: z.string().nullable(),
    title: z.string(),
    severity: z.string(),
    depth: z.number(),
    storm_id: z.number().nullable(),
    playbook: z.string().nullable(),
    steps: json(z.array(step)),
    status: z.enum(STATUSES),
    reason: z.string().nullable(),
    outcome: z.enum(OUTCOMES).nullable(),
    weak_proof: z.string().nullable(),
    trace: z.string().nullable(),
    until: maybeInstant,
    next_look_at: instant,
    deadline: instant,
    escalated_reason: z.enum(REASONS.escalate).nullable(),
    escalated_at: maybeInstant,
    proof: json(proofRow).nullable(),
    opened_at: instant,
    updated_at: instant,
    closed_at: maybeInstant,
  })
  .transform((r) => ({
    id: r.id,
    target: r.target_id,
    service: r.service,
    title: r.title,
    severity: r.severity,
    depth: r.depth,
    storm: r.storm_id,
    playbook: r.playbook,
    steps: r.steps,
    status: r.status,
    reason: r.reason,
    outcome: r.outcome,
    weakProof: r.weak_proof,
    /** The trace of its spans; null where none are sent. */
    trace: r.trace,
    until: r.until,
    nextLookAt: r.next_look_at,
    deadline: r.deadline,
    escalated:
      r.escalated_reason !== null && r.escalated_at !== null
        ? { reason: r.escalated_reason, at: r.escalated_at }
        : null,
    proof: r.proof,
    openedAt: r.opened_at,
    updatedAt: r.updated_at,
    closedAt: r.closed_at,
  }));
export type Incident = z.output<typeof incidentRow>;

export interface NewIncident {
  target: TargetId | null;
  service: string | null;
  title: string;
  severity: string;
  playbook: string | null;
  steps: readonly Step[];
  deadline: Instant;
}

/** Opens an incident in status `new`. @returns its id */
export function openIncident(db: Db, incident: NewIncident, now: Instant): number {
  const id = db
    .prepare(
      `INSERT INTO incidents (target_id, service, title, severity, playbook, steps, status, next_look_at,
         deadline, opened_at, updated_at, trace)
       VALUES (?, ?, ?, ?, ?, ?, 'new', ?, ?, ?, ?,
         (SELECT iif(value > 0, lower(hex(randomblob(16))), NULL) FROM meta WHERE key = 'tracing')) RETURNING id`,
    )
    .pluck()
    .get(
      incident.target,
      incident.service,
      incident.title,
      incident.severity,
      incident.playbook,
      JSON.stringify(incident.steps),
      now,
      incident.deadline,
      now,
      now,
    );
  return Number(id);
}

export function incidentById(db: Db, id: number): Incident | undefined {
  const row = db.prepare('SELECT * FROM incidents WHERE id = ?').get(id);
  return row === undefined ? undefined : incidentRow.parse(row);
}

export const isDismissed = (db: Db, id: number): boolean =>
  db.prepare("SELECT 1 FROM incidents WHERE id = ? AND outcome = 'dismissed'").get(id) !== undefined;

/** The one open incident of a target, if any. */
export function openIncidentOf(db: Db, target: TargetId): Incident | undefined {
  const row = db.prepare("SELECT * FROM incidents WHERE target_id = ? AND status <> 'closed'").get(target);
  return row === undefined ? undefined : incidentRow.parse(row);
}

export interface IncidentFilter {
  status?: Status | undefined;
  target?: string | undefined;
  before?: number | undefined;
}

/** Newest first; `before` pages back. */
export function listIncidents(db: Db, filter: IncidentFilter, limit: number): Incident[] {
  const { status, target, before } = filter;
  // Only what is asked for stands in the query: a condition that may be none keeps SQLite from every index.
  const conditions = [
    ...(status === undefined ? [] : ['status = :status']),
    ...(status === undefined || status === 'closed' ? [] : ["status <> 'closed'"]),
    ...(target === undefined ? [] : ['target_id = :target']),
    ...(before === undefined ? [] : ['id < :before']),
  ];
  return db
    .prepare(
      `SELECT * FROM incidents ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`}
       ORDER BY id DESC LIMIT :limit`,
    )
    .all({ ...filter, limit })
    .map((row) => incidentRow.parse(row));
}

/** Those that are not closed: what a person has or is asked first, then the newest. */
export const openNow = (db: Db, limit: number): Incident[] =>
  db
    .prepare(
      `SELECT * FROM incidents WHERE status <> 'closed'
       ORDER BY status IN ('awaiting_approval', 'escalated', 'lost') DESC, id DESC LIMIT ?`,
    )
    .all(limit)
    .map((row) => incidentRow.parse(row));

/** Those that were closed last, the last one first. */
export const closedLately = (db: Db, limit: number): Incident[] =>
  db
    .prepare("SELECT * FROM incidents WHERE status = 'closed' ORDER BY closed_at DESC LIMIT ?")
    .all(limit)
    .map((row) => incidentRow.parse(row));

export interface Change {
  /** null where no reason holds any more. */
  reason?: Reason | null;
  until?: Instant | null;
  nextLookAt?: Instant;
  outcome?: Outcome;
  weakProof?: string | null;
  proof?: ProofRow | null;
  escalated?: { reason: EscalateReason; at: Instant };
  deadline?: Instant;
}

/**
 * The one function that changes the status of an incident; each change is an event row. A change to the
 * same status only updates the fields.
 * @throws Error where the arrow does not exist (domain/incident.ts), or where the incident was read before
 *   somebody else changed it: a closed one must not open again
 */
export function changeStatus(db: Db, incident: Incident, to: Status, change: Change, now: Instant): void {
  keepObservations(db);
  if (to !== incident.status) {
    assertTransition(incident.status, to);
    const why = change.reason ?? change.outcome;
    addEvent(db, incident.id, now, 'status', `${incident.status} → ${to}${why ? `: ${why}` : ''}`, {
      from: incident.status,
      to,
    });
  }
  const proof = change.proof ?? incident.proof;
  const { changes } = db
    .prepare(
      `UPDATE incidents SET status = :status, reason = :reason, until = :until, next_look_at = :nextLookAt,
       outcome = :outcome, weak_proof = :weakProof, proof = :proof, escalated_reason = :escalatedReason,
       escalated_at = :escalatedAt, deadline = :deadline, updated_at = :now, closed_at = :closedAt
     WHERE id = :id AND status = :from`,
    )
    .run({
      id: incident.id,
      from: incident.status,
      status: to,
      reason: change.reason === undefined ? incident.reason : change.reason,
      until: change.until === undefined ? null : change.until,
      // An alert may have ended since the facts were read that this follows from: nothing is to wait for it then.
      nextLookAt: haveEnded(db, incident.id) ? now : (change.nextLookAt ?? now),
      outcome: change.outcome ?? incident.outcome,
      weakProof: change.weakProof ?? incident.weakProof,
      proof: to === 'proving' && proof !== null ? JSON.stringify(proof) : null,
      escalatedReason: (change.escalated ?? incident.escalated)?.reason ?? null,
      escalatedAt: (change.escalated ?? incident.escalated)?.at ?? null,
      deadline: change.deadline ?? incident.deadline,
      now,
      closedAt: to === 'closed' ? now : null,
    });
  if (changes !== 1) throw new Error(`incident ${incident.id} is not ${incident.status} any more`);
  if (incident.status === 'acting' && to !== 'acting') lookAtQueue(db, now);
}

/** An action is over: who waits for its place is looked at again at once. */
function lookAtQueue(db: Db, now: Instant): void {
  db.prepare(
    `UPDATE incidents SET next_look_at = :now WHERE status <> 'closed' AND status = 'deferred' AND until IS NULL
       AND reason IN ('blast_radius', 'action_in_progress')`,
  ).run({ now });
}

/** What people call it: that of a storm counts its incidents. */
export function changeTitle(db: Db, id: number, title: string): void {
  db.prepare('UPDATE incidents SET title = ? WHERE id = ?').run(title, id);
}

/** Keeps a proof in progress where a crash finds it again. */
export function saveProof(db: Db, id: number, proof: ProofRow): void {
  keepObservations(db);
  db.prepare("UPDATE incidents SET proof = ? WHERE id = ? AND status = 'proving'").run(
    JSON.stringify(proof),
    id,
  );
}

/**
 * When the incidents of a target were closed as healed, oldest first.
 * @param reset nothing before it counts, however the clock has leapt since
 */
export const healedSince = (db: Db, target: TargetId, since: Instant, reset: Instant): Instant[] =>
  numbers.parse(
    db
      .prepare(
        `SELECT ${carried('closed_at')} AS at FROM incidents
           WHERE target_id = :target AND outcome = 'healed'
             AND closed_at > max(:reset, :since - (SELECT coalesce(sum(by), 0) FROM leaps)) AND at > :since ORDER BY closed_at`,
      )
      .pluck()
      .all({ target, reset, since }),
  );

/**
 * When the last incident of a target that acted was closed, after `since`. Incidents of one target follow each other, so that
 * it is the one of its latest attempt.
 */
export function lastActedIncidentEnd(db: Db, target: TargetId, since: Instant): Instant | null {
  const at = db
    .prepare(
      `SELECT ${carried('i.closed_at')} FROM attempts a JOIN incidents i ON i.id = a.incident_id
       WHERE a.target_id = ? AND a.outcome <> 'not_called' AND i.status = 'closed' AND i.closed_at > ?
       ORDER BY a.reserved_at DESC LIMIT 1`,
    )
    .pluck()
    .get(target, since);
  return typeof at === 'number' ? at : null;
}

const counts = z.array(z.object({ status: z.enum(STATUSES), count: z.number() }));

/** How many incidents there are of each status that is not closed, and how many are closed. */
export function countByStatus(db: Db): { status: Status; count: number }[] {
  return counts.parse(
    db.prepare('SELECT status, count FROM incident_counts WHERE count > 0 ORDER BY status').all(),
  );
}
