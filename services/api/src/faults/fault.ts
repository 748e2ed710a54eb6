import { faultMs, faultRate as rate } from '@shop/service/faults';
import { z } from 'zod';
import type { Random } from '../transactions/random.ts';

// Sticky: kept in the database, so that a restart does not heal it.
const sticky = z.boolean('give true or false').default(false);

/** A fault that stays until it is cleared (or, when not sticky, until the process ends). */
export const lastingFaultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('errors'), rate, sticky }),
  z.strictObject({
    kind: z.literal('latency'),
    ms: faultMs,
    rate: rate.default(1),
    sticky,
  }),
]);

/** The body of POST /faults. */
export const faultSchema = z.discriminatedUnion(
  'kind',
  [
    ...lastingFaultSchema.options,
    // A sticky crash could not be cleared: the process that would clear it is never up.
    z.strictObject({
      kind: z.literal('crash'),
      sticky: z.literal(false, 'leave it out: a crash cannot be sticky').default(false),
    }),
  ],
  'give kind "errors" (with rate), "latency" (with ms and optionally rate) or "crash"',
);

export type LastingFault = z.infer<typeof lastingFaultSchema>;
export const lastingKinds = lastingFaultSchema.options.map(({ shape }) => shape.kind.value);
export type Fault = z.infer<typeof faultSchema>;

/** What the active faults do to one request. */
export function effectOf(
  faults: readonly LastingFault[],
  random: Random,
): { delayMs: number; fail: boolean } {
  let delayMs = 0;
  let fail = false;
  for (const fault of faults) {
    if (random() >= fault.rate) continue;
    if (fault.kind === 'latency') delayMs = fault.ms;
    else fail = true;
  }
  return { delayMs, fail };
}
