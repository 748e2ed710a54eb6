import { AppError } from '@shop/service/errors';
import { parseBody, parseInput } from '@shop/service/http/input';
import type { RequestContext, Route } from '@shop/service/http/route';
import { inSpan } from '@shop/service/telemetry/tracing';
import { z } from 'zod';
import type { Events } from '../events.ts';
import type { Database } from '../store/database.ts';
import {
  findTransaction,
  insertTransaction,
  listTransactions,
  settleTransaction,
} from '../store/transactions.ts';
import type { Gateway, GatewayAnswer } from '../transactions/gateway.ts';
import { type Random, randomTransaction } from '../transactions/random.ts';
import type { FinalStatus, NewTransaction, Transaction } from '../transactions/transaction.ts';

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
  gateway: Gateway;
  events: Events;
  random: Random;
}

export function transactionRoutes({ db, gateway, events, random }: TransactionDeps): Route[] {
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

  /** On disk before the money is asked for: an answer that is lost leaves a pending transaction, never none. */
  const process = async (c: RequestContext, wanted: NewTransaction) => {
    const { amount, currency } = wanted;
    const charge = { 'transaction.amount': amount, 'transaction.currency': currency };
    const pending = await inSpan('transaction.insert', charge, () => insertTransaction(db, wanted));
    const named = { ...charge, 'transaction.id': pending.id };
    const answer = await inSpan('transaction.authorise', named, async (span) => {
      const given = await gateway.authorise(pending);
      span.set({ 'transaction.outcome': given.outcome });
      // Not thrown, as the transaction still has to be settled.
      if ('cause' in given) span.fail(given.cause);
      return given;
    });
    const status = statusOf(answer);
    const settled = await inSpan('transaction.settle', { ...named, 'transaction.status': status }, () =>
      settleTransaction(db, pending.id, status),
    );
    events.transactionProcessed(settled, c.get('requestId'));
    const refusal = refusalOf(answer, settled);
    if (refusal !== undefined) throw refusal;
    return c.json(settled, 201, { location: `/transactions/${settled.id}` });
  };

  const create = async (c: RequestContext) => process(c, await parseBody(c, newTransactionSchema));

  // Random traffic for demonstrations: a made-up payment.
  const createRandom = (c: RequestContext) => process(c, randomTransaction(random));

  return [
    { method: 'GET', path: '/transactions', handle: list, breakable: true },
    { method: 'GET', path: '/transactions/:id', handle: show, breakable: true },
    { method: 'POST', path: '/transactions', handle: create, breakable: true },
    { method: 'POST', path: '/transactions/create', handle: createRandom, breakable: true },
  ];
}

function statusOf({ outcome }: GatewayAnswer): FinalStatus {
  if (outcome === 'authorised') return 'completed';
  return outcome === 'declined' ? 'declined' : 'failed';
}

/** What the client is told instead of 201. A declined card is the customer's business, so it is no 5xx. */
function refusalOf(answer: GatewayAnswer, transaction: Transaction): AppError | undefined {
  const details = { transaction };
  switch (answer.outcome) {
    case 'authorised':
      return undefined;
    case 'declined':
      return new AppError(
        'payment_declined',
        'The payment was declined. It was recorded as declined; use another means of payment.',
        { details: { ...details, reason: answer.reason } },
      );
    case 'timed_out':
      return new AppError(
        'gateway_timeout',
        'The payment gateway did not answer in time. The transaction was recorded as failed.',
        { details, cause: answer.cause },
      );
    case 'failed':
    case 'unreachable':
      return new AppError(
        'gateway_failed',
        'The payment gateway failed. The transaction was recorded as failed.',
        { details, cause: answer.cause },
      );
  }
}
