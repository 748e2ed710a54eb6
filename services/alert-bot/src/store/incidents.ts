import { z } from 'zod';
import type { Instant } from '../domain/duration.ts';
import { assertTransition, OUTCOMES, type Outcome, STATUSES, type Status } from '../domain/incident.ts';
import type { Step } from '../domain/playbook.ts';
import { type EscalateReason, REASONS, type Reason } from '../domain/reason.ts';
import type { TargetId } from '../domain/target.ts';
import type { Db } from './db.ts';
import { addEvent } from './events.ts';
import { carried } from './leaps.ts';
import { instant, json, maybeInstant } from './row.ts';

const step = z.discriminatedUnion('kind', [
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

const incidentRow = z
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
         deadline, opened_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, 'new', ?, ?, ?, ?) RETURNING id`,
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

/** The one open incident of a target, if any. */
export function openIncidentOf(db: Db, target: TargetId): Incident | undefined {
  const row = db.prepare("SELECT * FROM incidents WHERE target_id = ? AND status <> 'closed'").get(target);
  return row === undefined ? undefined : incidentRow.parse(row);
}

/** Those that are not closed and were opened after another one, oldest first. */
export function openIncidents(db: Db, after = 0): Incident[] {
  return db
    .prepare("SELECT * FROM incidents WHERE status <> 'closed' AND id > ? ORDER BY id")
    .all(after)
    .map((row) => incidentRow.parse(row));
}

/** Targets with an attempt between reservation and the platform's answer. */
export const actingTargets = (db: Db): TargetId[] =>
  z
    .array(z.string())
    .parse(
      db
        .prepare(
          "SELECT target_id FROM incidents WHERE status = 'acting' AND target_id IS NOT NULL ORDER BY id",
        )
        .pluck()
        .all(),
    );

/** Newest first; `before` pages back. */
export function listIncidents(
  db: Db,
  filter: { status?: string | undefined; target?: string | undefined; before?: number | undefined },
  limit: number,
): Incident[] {
  return db
    .prepare(
      `SELECT * FROM incidents
       WHERE (:status IS NULL OR status = :status) AND (:target IS NULL OR target_id = :target)
         AND (:before IS NULL OR id < :before)
       ORDER BY id DESC LIMIT :limit`,
    )
    .all({
      status: filter.status ?? null,
      target: filter.target ?? null,
      before: filter.before ?? null,
      limit,
    })
    .map((row) => incidentRow.parse(row));
}

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
      nextLookAt: change.nextLookAt ?? now,
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
    `UPDATE incidents SET next_look_at = :now WHERE status = 'deferred' AND until IS NULL
       AND reason IN ('blast_radius', 'action_in_progress')`,
  ).run({ now });
}

/** What people call it: that of a storm counts its incidents. */
export function changeTitle(db: Db, id: number, title: string): void {
  db.prepare('UPDATE incidents SET title = ? WHERE id = ?').run(title, id);
}

/** Keeps a proof in progress where a crash finds it again. */
export function saveProof(db: Db, id: number, proof: ProofRow): void {
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
  z.array(instant).parse(
    db
      .prepare(
        `SELECT ${carried('closed_at')} AS at FROM incidents
           WHERE target_id = ? AND outcome = 'healed' AND closed_at > ? AND at > ? ORDER BY at`,
      )
      .pluck()
      .all(target, reset, since),
  );

/** When the last incident of a target that acted was closed, after `since`. */
export function lastActedIncidentEnd(db: Db, target: TargetId, since: Instant): Instant | null {
  const at = db
    .prepare(
      `SELECT max(${carried('i.closed_at')}) FROM incidents i
       WHERE i.target_id = ? AND i.status = 'closed' AND i.closed_at > ?
         AND EXISTS (SELECT 1 FROM attempts a WHERE a.incident_id = i.id AND a.outcome <> 'not_called')`,
    )
    .pluck()
    .get(target, since);
  return typeof at === 'number' ? at : null;
}

/** How many incidents there are of each status that is not closed, and how many are closed. */
export function countByStatus(db: Db): { status: Status; count: number }[] {
  return z
    .array(z.object({ status: z.enum(STATUSES), count: z.number() }))
    .parse(db.prepare('SELECT status, count(*) AS count FROM incidents GROUP BY status').all());
}
