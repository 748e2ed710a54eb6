import { AppError } from '@shop/service/errors';
import { parseInput } from '@shop/service/http/input';
import type { RequestContext, Route } from '@shop/service/http/route';
import { z } from 'zod';
import type { Database } from '../store/database.ts';
import { transactionStats } from '../store/stats.ts';
import { listTransactions } from '../store/transaction-list.ts';
import { findTransaction } from '../store/transactions.ts';
import { transactionStatuses } from '../transactions/transaction.ts';
import type { Operations } from './operation.ts';
import { idSchema, nextSchema, parseQuery, transactionPageSchema, transactionSchema } from './schemas.ts';

const seconds = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

const duration = 'give a duration such as 15m, 1h or 7d';
const statsSchema = z.strictObject({
  window: z
    .string(duration)
    .regex(/^[1-9]\d{0,5}[smhd]$/, { error: duration, abort: true })
    .refine((text) => secondsOf(text) <= 30 * seconds.d, 'give at most 30d')
    .default('1h'),
});

/** What is asked about transactions. */
export function transactionRoutes({ db }: { db: Database }): Route[] {
  const list = async (c: RequestContext) => {
    const { limit, cursor, status } = parseQuery(transactionPageSchema, c.req.queries());
    const { items, next } = await listTransactions(db, { limit, after: cursor, status });
    return c.json({ transactions: items, next });
  };

  const show = async (c: RequestContext) => {
    const { id } = parseInput(idSchema, { id: c.req.param('id') });
    const found = await findTransaction(db, id);
    if (found === undefined) throw new AppError('not_found', `There is no transaction ${id}.`);
    return c.json(found);
  };

  const stats = async (c: RequestContext) => {
    const { window } = parseQuery(statsSchema, c.req.queries());
    return c.json({ window, ...(await transactionStats(db, secondsOf(window))) });
  };

  return [
    { method: 'GET', path: '/transactions', handle: list, breakable: true },
    // Before the route with :id, which would take it for one.
    { method: 'GET', path: '/transactions/stats', handle: stats, breakable: true },
    { method: 'GET', path: '/transactions/:id', handle: show, breakable: true },
  ];
}

function secondsOf(duration: string): number {
  const unit = z.enum(['s', 'm', 'h', 'd']).parse(duration.at(-1));
  return Number(duration.slice(0, -1)) * seconds[unit];
}

const statsAnswer = z.object({
  window: z.string(),
  transactions: z.int(),
  by_status: z.record(z.enum(transactionStatuses), z.int()),
  completed: z
    .array(z.object({ currency: z.string(), transactions: z.int(), amount: z.int(), average: z.int() }))
    .meta({ description: 'The completed ones by currency, in minor units' }),
  complete: z.boolean().meta({ description: 'False: only the newest 100000 of the window were counted' }),
  oldest: z.iso.datetime().nullable(),
});

export const transactionOperations: Operations = {
  'GET /transactions': {
    summary: 'Transactions, newest first, a page at a time',
    query: transactionPageSchema,
    answers: {
      200: {
        description: 'One page',
        body: z.object({ transactions: z.array(transactionSchema), next: nextSchema }),
      },
    },
    errors: ['invalid_request', 'database_unavailable'],
  },
  'GET /transactions/stats': {
    summary: 'Counts by status, and sums and averages of the completed ones by currency',
    query: statsSchema,
    answers: { 200: { description: 'The figures of the window', body: statsAnswer } },
    errors: ['invalid_request', 'database_unavailable'],
  },
  'GET /transactions/:id': {
    summary: 'One transaction',
    path: idSchema,
    answers: { 200: { description: 'The transaction', body: transactionSchema } },
    errors: ['invalid_request', 'not_found', 'database_unavailable'],
  },
};
