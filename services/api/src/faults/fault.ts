import { faultMs, faultRate as rate } from '@shop/service/faults';
import { z } from 'zod';
import type { Random } from '../transactions/random.ts';

// Sticky: kept in the database, so that a restart does not heal it.
const sticky = z.boolean('give true or false').default(false);
const neverSticky = (kind: string) =>
  z.literal(false, `leave it out: ${kind} cannot be sticky`).default(false);

const errors = z.strictObject({ kind: z.literal('errors'), rate, sticky });
const latency = z.strictObject({ kind: z.literal('latency'), ms: faultMs, rate: rate.default(1), sticky });

const slowDatabase = z.strictObject({
  kind: z.literal('slow_database'),
  ms: z
    .int('give whole milliseconds from 1 to 5000')
    .min(1, 'give 1 or more')
    .max(5_000, 'give 5000 or less'),
  sticky: z.literal(true, 'leave it out: a restart of the api does not make a database faster').default(true),
});

const block = z
  .strictObject({
    kind: z.literal('block'),
    ms: z
      .int('give whole milliseconds from 1 to 5000')
      .min(1, 'give 1 or more')
      .max(5_000, 'give 5000 or less'),
    every_ms: z
      .int('give whole milliseconds from 2 to 60000')
      .min(2, 'give 2 or more')
      .max(60_000, 'give 60000 or less')
      .default(1_000),
    sticky: neverSticky('a blocked event loop'),
  })
  // What is broken must stay repairable: DELETE /faults runs in the rest of the time.
  .refine(({ ms, every_ms }) => ms <= every_ms * 0.9, {
    path: ['ms'],
    error: 'give at most nine tenths of every_ms, or DELETE /faults would never run',
  });

const leak = z.strictObject({
  kind: z.literal('leak'),
  mb_per_minute: z
    .number('give megabytes a minute from 1 to 6000')
    .min(1, 'give 1 or more')
    .max(6_000, 'give 6000 or less'),
  max_mb: z
    .int('give whole megabytes from 1 to 4096')
    .min(1, 'give 1 or more')
    .max(4_096, 'give 4096 or less')
    .default(512),
  sticky: neverSticky('a leak'),
});

const pool = z.strictObject({
  kind: z.literal('pool'),
  connections: z
    .int('give a whole number of connections from 1 to 10')
    .min(1, 'give 1 or more')
    .max(10, 'give 10 or less: the pool has no more'),
  sticky: neverSticky('a pool that is held'),
});

/** A fault that stays until it is cleared (or, when not sticky, until the process ends). */
export const lastingFaultSchema = z.discriminatedUnion('kind', [
  errors,
  latency,
  block,
  leak,
  pool,
  slowDatabase,
]);

/** What the database keeps. */
export const stickyFaultSchema = z.discriminatedUnion('kind', [errors, latency, slowDatabase]);

/** The body of POST /faults. */
export const faultSchema = z.discriminatedUnion(
  'kind',
  [
    ...lastingFaultSchema.options,
    // A sticky crash could not be cleared: the process that would clear it is never up.
    z.strictObject({ kind: z.literal('crash'), sticky: neverSticky('a crash') }),
  ],
  'give "errors" (with rate), "latency" (ms, rate), "block" (ms, every_ms), "leak" (mb_per_minute, max_mb), ' +
    '"pool" (connections), "slow_database" (ms) or "crash"',
);

export type LastingFault = z.infer<typeof lastingFaultSchema>;
export const lastingKinds = lastingFaultSchema.options.map(({ shape }) => shape.kind.value);
export type StickyFault = z.infer<typeof stickyFaultSchema>;

/** What the active faults do to one request. The other kinds act on the process or the database. */
export function effectOf(
  faults: readonly LastingFault[],
  random: Random,
): { delayMs: number; fail: boolean } {
  let delayMs = 0;
  let fail = false;
  for (const fault of faults) {
    if (fault.kind !== 'errors' && fault.kind !== 'latency') continue;
    if (random() >= fault.rate) continue;
    if (fault.kind === 'latency') delayMs = fault.ms;
    else fail = true;
  }
  return { delayMs, fail };
}
