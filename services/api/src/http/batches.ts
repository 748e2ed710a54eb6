import { AppError } from '@shop/service/errors';
import { parseBody } from '@shop/service/http/input';
import type { Now } from '@shop/service/http/observe';
import type { RequestContext, Route } from '@shop/service/http/route';
import pLimit from 'p-limit';
import { z } from 'zod';
import { batchItemStatuses, batchModes, runBatch } from '../batches/batch.ts';
import type { Events } from '../events.ts';
import { type Database, maxConnections } from '../store/database.ts';
import { limited } from '../store/limited.ts';
import type { Gateway } from '../transactions/gateway.ts';
import type { PurchaseDeps } from '../transactions/purchase.ts';
import { type Random, randomTransaction } from '../transactions/random.ts';
import { buy } from '../transactions/till.ts';
import type { Operations } from './operation.ts';
import { transactionSchema } from './schemas.ts';

/** Of all batches together: others are served meanwhile, and what waits stays within bounds. */
const limits = {
  batches: 4,
  /** At the gateway at the same time. */
  purchases: 32,
  /** Leaves the others of the pool to other requests. */
  connections: Math.floor(maxConnections * 0.6),
  /** After so long no further transaction is begun. */
  ms: 20_000,
};

const size = 'give a whole number of transactions from 1 to 1000';
const batchSchema = z.strictObject(
  {
    n: z.int(size).min(1, size).max(1_000, size),
    mode: z.enum(batchModes, `give "${batchModes.join('" or "')}"`),
  },
  'send one JSON object with n and mode',
);

export interface BatchRouteDeps {
  db: Database;
  gateway: Gateway;
  owe: PurchaseDeps['owe'];
  events: Events;
  random: Random;
  now: Now;
}

/** Many random transactions in one request, one after the other or at the same time. */
export function batchRoutes({ db, gateway, owe, events, random, now }: BatchRouteDeps): Route[] {
  const room = pLimit(limits.purchases);
  const few = limited(db, limits.connections);
  let inProgress = 0;

  const create = async (c: RequestContext) => {
    const { n, mode } = await parseBody(c, batchSchema);
    if (inProgress >= limits.batches)
      throw new AppError(
        'too_many_batches',
        `${inProgress} batches are in progress, and there may be ${limits.batches}. Try again in a second.`,
      );
    inProgress += 1;
    const started = now();
    events.batchStarted(mode);
    const requestId = c.get('requestId');
    try {
      const transactions = await runBatch(n, mode, {
        buy: () => buy(randomTransaction(random), requestId, { db: few, gateway, owe, events }),
        whenFree: room,
        // Nobody would read the answer of a client that is gone.
        signal: AbortSignal.any([c.req.raw.signal, AbortSignal.timeout(limits.ms)]),
      });
      const counts = { completed: 0, declined: 0, failed: 0, error: 0, skipped: 0 };
      for (const { status } of transactions) counts[status] += 1;
      const durationMs = now() - started;
      events.batchFinished({ mode, n, counts, durationMs, requestId });
      return c.json({ mode, n, duration_ms: Math.round(durationMs), counts, transactions });
    } finally {
      inProgress -= 1;
      events.batchEnded(mode);
    }
  };
  return [{ method: 'POST', path: '/transactions/batch', handle: create, breakable: true }];
}

const itemSchema = z.union([
  transactionSchema,
  z.object({ status: z.literal('error'), code: z.string(), message: z.string() }),
  z.object({ status: z.literal('skipped') }),
]);

export const batchOperations: Operations = {
  'POST /transactions/batch': {
    summary: 'Buys many random things, sequentially or concurrently, and tells what became of each',
    body: batchSchema,
    answers: {
      200: {
        description: 'Carried out; parts of it may have failed',
        body: z.object({
          mode: z.enum(batchModes),
          n: z.int(),
          duration_ms: z.int(),
          counts: z.record(z.enum(batchItemStatuses), z.int()),
          transactions: z.array(itemSchema),
        }),
      },
    },
    errors: [
      'invalid_request',
      'body_broken_off',
      'payload_too_large',
      'too_many_batches',
      'database_unavailable',
    ],
  },
};
