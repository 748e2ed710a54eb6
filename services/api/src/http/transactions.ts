import { z } from 'zod';
import { AppError } from '../errors.ts';
import type { Events } from '../events.ts';
import type { Database } from '../store/database.ts';
import { findTransaction, insertTransaction, listTransactions } from '../store/transactions.ts';
import { charge, type Random, randomTransaction } from '../transactions/gateway.ts';
import { parseBody, parseInput } from './input.ts';
import type { RequestContext, Route } from './route.ts';

const id = z.uuid('give the id of a transaction, a UUID');

const pageSchema = z.strictObject({
  limit: z
    .string()
    .regex(/^([1-9]\d?|100)$/, 'give a whole number from 1 to 100')
    .default('20')
    .transform(Number),
  before: id.optional(),
});

const newTransactionSchema = z.strictObject(
  {
    amount: z
      .int('give a whole number of minor units, for example 1250 for 12.50')
      .min(1, 'give more than 0 minor units')
      .max(1_000_000_000_000, 'give at most 1000000000000 minor units'),
    currency: z
      .string('give an ISO 4217 code, for example "EUR"')
      .regex(/^[A-Z]{3}$/, 'give 3 upper-case letters as in ISO 4217, for example "EUR"'),
    description: z
      .string('give text or leave it out')
      .max(200, 'give at most 200 characters')
      // PostgreSQL's text cannot hold it.
      .refine((text) => !text.includes('\0'), 'leave out the NUL character')
      .nullable()
      .default(null),
  },
  'send one JSON object with amount and currency',
);

export interface TransactionDeps {
  db: Database;
  events: Events;
  random: Random;
}

export function transactionRoutes({ db, events, random }: TransactionDeps): Route[] {
  const list = async (c: RequestContext) => {
    const page = parseInput(pageSchema, c.req.query());
    return c.json(await listTransactions(db, page));
  };

  const show = async (c: RequestContext) => {
    const wanted = parseInput(z.object({ id }), { id: c.req.param('id') });
    const found = await findTransaction(db, wanted.id);
    if (found === undefined) throw new AppError('not_found', `There is no transaction ${wanted.id}.`);
    return c.json(found);
  };

  const create = async (c: RequestContext) => {
    const wanted = await parseBody(c, newTransactionSchema);
    const kept = await insertTransaction(db, wanted, 'completed');
    events.transactionProcessed(kept, c.get('requestId'));
    return c.json(kept, 201, { location: `/transactions/${kept.id}` });
  };

  // Random traffic for demonstrations: a made-up payment through the simulated gateway.
  const createRandom = async (c: RequestContext) => {
    const kept = await insertTransaction(db, randomTransaction(random), charge(random));
    events.transactionProcessed(kept, c.get('requestId'));
    if (kept.status === 'failed')
      throw new AppError(
        'gateway_failed',
        'The payment gateway refused the charge. It was recorded as failed.',
        {
          details: { transaction: kept },
        },
      );
    return c.json(kept, 201, { location: `/transactions/${kept.id}` });
  };

  return [
    { method: 'GET', path: '/transactions', handle: list, breakable: true },
    { method: 'GET', path: '/transactions/:id', handle: show, breakable: true },
    { method: 'POST', path: '/transactions', handle: create, breakable: true },
    { method: 'POST', path: '/transactions/create', handle: createRandom, breakable: true },
  ];
}
