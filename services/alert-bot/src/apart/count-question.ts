import { z } from 'zod';
import { OUTCOMES, STATUSES } from '../domain/incident.ts';
import { REASONS } from '../domain/reason.ts';
import type { Stretch } from '../store/hours.ts';

const text = z.string().optional();

/** What the thread that counts is asked. */
export const question = z.object({
  filter: z.object({
    ...{ service: text, playbook: text, target: text, severity: text },
    reason: z.enum([...new Set(Object.values(REASONS).flat())]).optional(),
    outcome: z.enum(OUTCOMES).optional(),
    status: z.enum(['open', ...STATUSES]).optional(),
  }),
  span: z.object({ first: z.number(), last: z.number(), hours: z.number() }),
  /** Milliseconds after which it gives up. */
  atMost: z.number(),
});
export type CountQuestion = z.output<typeof question>;

/** What it answers; null where the time was over. */
export interface Counted {
  stretches: Stretch[] | null;
}

const count = z.number();
export const counted: z.ZodType<Counted> = z.object({
  stretches: z
    .array(
      z.object({
        ...{ from: count, opened: count, actions: count, healed: z.map(count, count) },
        closed: z.object({ healed: count, recovered: count, handed_over: count, dismissed: count }),
      }),
    )
    .nullable(),
});
