import { z } from 'zod';
import type { Facts } from '../domain/facts.ts';
import { STATUSES } from '../domain/incident.ts';
import { MODES } from '../domain/playbook.ts';
import { REASONS } from '../domain/reason.ts';

// The facts as a decision's row keeps them: all that `decide` saw, so that it can be asked again.

const time = z.number();
const maybeTime = z.number().nullable();
const length = z.number();
const budget = z.object({ attempts: z.number(), per: length });

const step = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('restart'), timeout: length, attempts: z.number() }),
  z.object({ kind: z.literal('escalate') }),
]);

const playbook = z.object({
  name: z.string(),
  mode: z.enum(MODES),
  steps: z.array(step),
  limits: z.object({
    cooldown: length,
    backoff: z.object({ initial: length, factor: z.number(), max: length }),
    budgets: z.array(budget),
    quarantine: z.union([length, z.literal('manual')]),
    deferAtMost: length,
    approveWithin: length,
    settle: length,
  }),
});

const optIn = z.object({
  enabled: z.boolean(),
  mode: z.enum(MODES).nullable(),
  cooldown: length.nullable(),
  budget: budget.nullable(),
  playbooks: z.array(z.string()).nullable(),
});

const target = z.discriminatedUnion('found', [
  z.object({
    found: z.literal('one'),
    id: z.string(),
    optIn: z.union([optIn, z.object({ invalid: z.string() })]),
    protectedBecause: z.string().nullable(),
    atRest: z.object({ why: z.string(), since: maybeTime }).nullable(),
  }),
  z.object({ found: z.literal('none'), asked: z.string() }),
  z.object({ found: z.literal('many'), ids: z.array(z.string()) }),
  z.object({ found: z.literal('unknown'), why: z.string() }),
]);

const dependency = z.object({
  id: z.string(),
  inCycle: z.boolean(),
  state: z.union([
    z.object({ wellSince: time }),
    z.object({ unwell: z.string() }),
    z.object({ unknown: z.string() }),
  ]),
});

const replica = z.object({
  id: z.string(),
  name: z.string(),
  state: z.enum(['healthy', 'starting', 'sick', 'at_rest']),
  startedAt: maybeTime,
  createdAt: maybeTime,
  startedByUs: z.boolean(),
});

const fleet = z.object({
  limits: z.object({
    concurrent: z.number(),
    targets: z.object({ count: z.number(), percent: z.number(), per: length }),
    storm: z.object({ incidents: z.number(), per: length, calm: length }),
  }),
  acting: z.array(z.string()),
  actingInTree: z.array(z.string()),
  queuedBefore: z.array(z.string()),
  recent: z.array(z.object({ target: z.string(), at: time })),
  size: z.union([z.object({ known: z.number() }), z.object({ unknown: z.string() })]),
});

const approval = z.object({
  state: z.enum(['asked', 'approved']),
  step: z.number(),
  instances: z.array(z.object({ id: z.string(), startedAt: maybeTime })),
  askedAt: time,
  expiresAt: time,
  by: z.string().nullable(),
});

/**
 * Reads the facts of a decision's row. A row that an older version wrote may lack what was not known then, and
 * is refused: it was decided by other code.
 */
export const factsRow = z.object({
  incident: z.object({
    id: z.string(),
    status: z.enum(STATUSES),
    openedAt: time,
    began: time,
    deadline: time,
    escalated: z.object({ reason: z.enum(REASONS.escalate), at: time }).nullable(),
  }),
  playbook: playbook.nullable(),
  target,
  alert: z.object({
    state: z.enum(['firing', 'absent', 'silenced', 'inhibited', 'unknown']),
    detail: z.string(),
  }),
  attempts: z.array(
    z.object({ incident: z.string(), step: z.number(), reservedAt: time, endedAt: maybeTime }),
  ),
  notCalledAt: maybeTime,
  circuit: z.object({ open: z.boolean(), until: maybeTime }),
  resetAt: maybeTime,
  lastIncidentEndedAt: maybeTime,
  pauses: z.array(z.object({ by: z.string(), why: z.string(), until: maybeTime, scope: z.string() })),
  maintenance: z.object({ name: z.string(), until: time }).nullable(),
  clockJump: z.object({ by: length, until: time }).nullable(),
  behind: length,
  storm: z
    .object({
      phase: z.enum(['held', 'released']),
      began: time,
      incidents: z.number(),
      calmAt: time,
      before: z.array(z.string()),
    })
    .nullable(),
  dependencies: z.object({
    all: z.array(dependency),
    unwellAt: maybeTime,
    targetStartedAt: maybeTime,
    letsGoAfter: length,
  }),
  replicas: z.array(replica),
  fleet,
  approval: approval.nullable(),
  healed: z
    .object({ at: z.array(time), toldAt: maybeTime })
    .nullable()
    .default(null),
  ownStorm: z.object({ incidents: z.number() }).nullable(),
}) satisfies z.ZodType<Facts>;
