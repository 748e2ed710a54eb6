import { faultMs, faultRate as rate } from '@shop/service/faults';
import { z } from 'zod';
import type { Random } from '../authorisations/authorisation.ts';

/** The body of POST /faults. */
export const faultSchema = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('errors'), rate }),
    z.strictObject({
      kind: z.literal('latency'),
      ms: faultMs,
      rate: rate.default(1),
    }),
    z.strictObject({ kind: z.literal('hang'), rate: rate.default(1) }),
    z.strictObject({ kind: z.literal('crash') }),
  ],
  'give kind "errors" (with rate), "latency" (with ms and optionally rate), "hang" (optionally with rate) or "crash"',
);

export type Fault = z.infer<typeof faultSchema>;
/** A fault that stays until it is cleared or the process ends. */
export type LastingFault = Exclude<Fault, { kind: 'crash' }>;

export const lastingKinds = ['errors', 'latency', 'hang'] as const satisfies LastingFault['kind'][];

/** What the active faults do to one request. `Infinity`: it is never answered. */
export function effectOf(
  faults: readonly LastingFault[],
  random: Random,
): { delayMs: number; fail: boolean } {
  let delayMs = 0;
  let fail = false;
  for (const fault of faults) {
    if (random() >= fault.rate) continue;
    if (fault.kind === 'errors') fail = true;
    else delayMs = Math.max(delayMs, fault.kind === 'hang' ? Number.POSITIVE_INFINITY : fault.ms);
  }
  return { delayMs, fail };
}
