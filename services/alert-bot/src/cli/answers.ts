import { z } from 'zod';
import { Failure } from './failure.ts';

// What the bot's API answers, as far as the commands read it; more may be there.

const decision = z.looseObject({
  kind: z.string(),
  reason: z.string(),
  explanation: z.string(),
  until: z.string().nullable(),
  also: z.array(z.string()),
  guards: z.array(z.looseObject({ guard: z.string(), answer: z.string(), because: z.string() })),
});
export type DecisionAnswer = z.output<typeof decision>;

export const incident = z.looseObject({
  id: z.number(),
  target: z.string().nullable(),
  title: z.string(),
  severity: z.string(),
  playbook: z.string().nullable(),
  status: z.string(),
  reason: z.string().nullable(),
  explanation: z.string().nullable(),
  outcome: z.string().nullable(),
  until: z.string().nullable(),
  openedAt: z.string(),
  closedAt: z.string().nullable(),
});
export type IncidentAnswer = z.output<typeof incident>;
export const incidentList = z.looseObject({ incidents: z.array(incident) });

export const detail = incident.extend({
  deadline: z.string(),
  trace: z.string().nullable().default(null),
  proof: z.looseObject({ deadline: z.number() }).nullable(),
  episodes: z.array(
    z.looseObject({
      labels: z.record(z.string(), z.string()),
      openedAt: z.string(),
      closedAt: z.string().nullable(),
    }),
  ),
  decisions: z.array(
    decision.extend({ at: z.string(), lastAt: z.string(), count: z.number(), facts: z.unknown() }),
  ),
  approvals: z.array(z.looseObject({ id: z.number(), answer: z.string().nullable(), expiresAt: z.string() })),
  escalations: z.array(
    z.looseObject({
      reason: z.string(),
      annotations: z.record(z.string(), z.string()),
      endedAt: z.string().nullable(),
      lastSentAt: z.string().nullable(),
      acknowledgedBy: z.string().nullable().default(null),
    }),
  ),
  attempts: z.array(
    z.looseObject({
      id: z.number(),
      step: z.number(),
      number: z.number(),
      reason: z.string(),
      reservedAt: z.string(),
      outcome: z.string().nullable(),
      detail: z.string().nullable(),
      calls: z.array(
        z.looseObject({ verb: z.string(), instance: z.string(), result: z.string().nullable() }),
      ),
    }),
  ),
  evidence: z.array(
    z.looseObject({
      attempt: z.number().nullable(),
      // A bot from before there was an after has none.
      moment: z.string().default('before'),
      kind: z.string(),
      subject: z.string(),
      content: z.string(),
      truncated: z.boolean(),
      error: z.string().nullable(),
    }),
  ),
  timeline: z.array(z.looseObject({ at: z.string(), kind: z.string(), text: z.string() })),
});
export type DetailAnswer = z.output<typeof detail>;

export const news = z.looseObject({
  events: z.array(
    z.looseObject({
      id: z.number(),
      incident: z.number(),
      target: z.string().nullable(),
      title: z.string(),
      at: z.string(),
      text: z.string(),
    }),
  ),
  last: z.number(),
});

export const simulations = z.looseObject({
  simulations: z.array(
    z.looseObject({
      alert: z.record(z.string(), z.string()),
      outcome: z.string(),
      note: z.string().nullable(),
      incident: z.looseObject({ id: z.number(), status: z.string() }).nullable(),
      target: z.string().nullable(),
      playbook: z.string().nullable(),
      decision: decision.nullable(),
      next: z.array(z.string()),
      facts: z.unknown(),
    }),
  ),
  rejected: z.array(z.looseObject({ message: z.string() })),
});

export const pause = z.looseObject({ by: z.string(), why: z.string(), until: z.string().nullable() });
const paused = pause.nullable();

const target = z.looseObject({
  id: z.string(),
  optedIn: z.boolean(),
  invalidLabel: z.string().nullable(),
  mode: z.string().nullable(),
  protectedBecause: z.string().nullable(),
  budgets: z.array(z.looseObject({ attempts: z.number(), per: z.number(), left: z.number() })),
  quarantine: z.looseObject({ until: z.string().nullable() }).nullable(),
  incident: z.number().nullable(),
  paused,
  instances: z.array(z.looseObject({ name: z.string(), running: z.boolean(), health: z.string() })),
});
export type TargetAnswer = z.output<typeof target>;
export const targetList = z.looseObject({ paused, targets: z.array(target) });

export const acknowledged = z.looseObject({
  target: z.string().nullable(),
  title: z.string(),
  status: z.string(),
  reasons: z.array(z.string()),
});

export const answered = z.looseObject({
  question: z.number(),
  target: z.string().nullable(),
  does: z.string().nullable(),
});

/** @throws Failure where the bot answers in another shape: it is of another version */
export function read<T extends z.ZodType>(shape: T, answer: unknown): z.output<T> {
  const parsed = shape.safeParse(answer);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new Failure(`The bot answered something unknown (${field}): is it of another version?`);
}
