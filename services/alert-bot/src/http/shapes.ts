// Long because it is one thing: an incident as the API answers it, with all that the log knows of it.
import { z } from 'zod';
import { OUTCOMES, STATUSES } from '../domain/incident.ts';
import { REASONS } from '../domain/reason.ts';
import { ANSWERS } from '../store/approvals.ts';
import { ATTEMPT_OUTCOMES, instanceShape } from '../store/attempts.ts';
import { MOMENTS } from '../store/evidence.ts';
import { proofRow, step } from '../store/incidents.ts';

/** ISO 8601 in UTC. */
export const at = z.iso.datetime();
export const maybeAt = at.nullable();

export const ALL_REASONS = [...new Set(Object.values(REASONS).flat())];
const sentence = z.string().meta({ description: 'The reason in a sentence for a person' });

/** Something a person did. */
export const done = { by: z.string(), why: z.string(), at };

export const pauseShape = z
  .object({ by: z.string(), why: z.string(), at, until: maybeAt, scope: z.string() })
  .meta({
    id: 'Pause',
    description: 'What a person stopped: `scope` is all, target:<id> or playbook:<name>',
  });

export const incidentShape = z
  .object({
    id: z.int(),
    target: z.string().nullable(),
    service: z.string().nullable(),
    title: z.string(),
    severity: z.string(),
    playbook: z.string().nullable(),
    status: z.enum(STATUSES),
    reason: z.string().nullable(),
    explanation: sentence.nullable(),
    outcome: z.enum(OUTCOMES).nullable(),
    weakProof: z.string().nullable(),
    trace: z.string().nullable().meta({ description: 'The trace of its spans; null where none are sent' }),
    until: maybeAt,
    openedAt: at,
    updatedAt: at,
    closedAt: maybeAt,
  })
  .meta({ id: 'Incident' });

const guard = z.object({
  guard: z.string(),
  answer: z.enum(['allow', 'block', 'unknown']),
  because: z.string(),
});
/** What was decided. `until` is for `defer`, `step` for `act`. */
export const choice = {
  kind: z.enum(['act', 'defer', 'skip', 'escalate']),
  reason: z.enum(ALL_REASONS),
  explanation: sentence,
  step: z.int().optional(),
  until: maybeAt,
  also: z.array(z.enum(ALL_REASONS)),
  guards: z.array(guard),
};
export const facts = z.record(z.string(), z.unknown()).meta({ description: 'What the decision saw' });
export const decisionShape = z
  .object({ id: z.int(), at, lastAt: at, count: z.int(), ...choice, facts })
  .meta({ id: 'Decision' });

const boundTo = z.array(z.object({ id: z.string(), startedAt: maybeAt }));
export const approvalShape = z
  .object({
    id: z.int(),
    incident: z.int(),
    step: z.int(),
    instances: boundTo,
    askedAt: at,
    expiresAt: at,
    endedAt: maybeAt,
    answer: z.enum(ANSWERS).nullable(),
    by: z.string().nullable(),
    why: z.string().nullable(),
  })
  .meta({ id: 'Approval', description: 'A question to a person: may this step be done on these instances?' });

const evidenceShape = z
  .object({
    id: z.int(),
    attempt: z.int().nullable(),
    moment: z.enum(MOMENTS).meta({ description: 'Before the attempt called, or when its proof was over.' }),
    kind: z.string(),
    subject: z.string(),
    at,
    tookMs: z.number(),
    content: z.string(),
    truncated: z.boolean(),
    error: z.string().nullable(),
  })
  .meta({ id: 'Evidence' });

const labels = z.record(z.string(), z.string());
const episodeShape = z.object({
  id: z.int(),
  fingerprint: z.string(),
  source: z.enum(['alertmanager', 'manual']),
  labels,
  annotations: labels,
  generatorURL: z.string(),
  startsAt: at,
  openedAt: at,
  lastSeenAt: at,
  absentSince: maybeAt,
  closedAt: maybeAt,
  closedBy: z.enum(['resolved', 'absent', 'expired', 'proven']).nullable(),
  incident: z.int(),
});

const attemptShape = z.object({
  id: z.int(),
  step: z.int(),
  number: z.int(),
  reason: z.string(),
  boot: z.int(),
  reservedAt: at,
  endedAt: maybeAt,
  outcome: z.enum(ATTEMPT_OUTCOMES).nullable(),
  detail: z.string().nullable(),
  calls: z.array(
    z.object({
      verb: z.enum(['restart', 'start']),
      instance: z.string(),
      before: instanceShape,
      after: instanceShape.nullable(),
      callingAt: at,
      endedAt: maybeAt,
      result: z.string().nullable(),
    }),
  ),
});

const escalationShape = z.object({
  id: z.int(),
  incident: z.int(),
  reason: z.string(),
  labels,
  annotations: labels,
  startsAt: at,
  endedAt: maybeAt,
  lastSentAt: maybeAt,
  error: z.string().nullable(),
  acknowledgedBy: z.string().nullable(),
});

const eventShape = z.object({
  at,
  kind: z.string(),
  text: z.string(),
  data: z.record(z.string(), z.unknown()),
});

export const detailShape = incidentShape
  .extend({
    steps: z.array(step),
    deadline: at,
    proof: proofRow.nullable(),
    episodes: z.array(episodeShape),
    decisions: z.array(decisionShape),
    attempts: z.array(attemptShape),
    approvals: z.array(approvalShape),
    evidence: z.array(evidenceShape),
    escalations: z.array(escalationShape),
    timeline: z.array(eventShape),
  })
  .meta({ id: 'IncidentDetail' });
