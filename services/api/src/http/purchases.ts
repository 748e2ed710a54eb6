import { createHash, randomUUID } from 'node:crypto';
import { AppError, errorBody, errorStatus } from '@shop/service/errors';
import { parseBody, parseInput } from '@shop/service/http/input';
import type { RequestContext, Route } from '@shop/service/http/route';
import { z } from 'zod';
import type { Events } from '../events.ts';
import type { Database } from '../store/database.ts';
import { finishKeyed, insertKeyed, type KeptAnswer, type UsedKey } from '../store/idempotency.ts';
import type { Gateway } from '../transactions/gateway.ts';
import {
  begin,
  type Concluded,
  conclude,
  type Outcome,
  type PurchaseDeps,
} from '../transactions/purchase.ts';
import { type Random, randomTransaction } from '../transactions/random.ts';
import { buy } from '../transactions/till.ts';
import type { NewTransaction, Transaction } from '../transactions/transaction.ts';
import type { Operations } from './operation.ts';
import { notKept, refusalOf } from './refusal.ts';
import { newTransactionSchema, transactionSchema } from './schemas.ts';
import { visitorOf } from './visitor.ts';

const keyHeader = 'Idempotency-Key';

const keySchema = z.object({
  [keyHeader]: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'give 1 to 64 letters, digits, dots, dashes or underscores')
    .optional(),
});

export interface PurchaseRouteDeps {
  db: Database;
  gateway: Gateway;
  owe: PurchaseDeps['owe'];
  events: Events;
  random: Random;
}

/** What buys something. */
export function purchaseRoutes({ db, gateway, owe, events, random }: PurchaseRouteDeps): Route[] {
  const answer = (c: RequestContext, outcome: Concluded) => {
    const refusal = refusalOf(outcome) ?? notKept(outcome);
    if (refusal !== undefined) throw refusal;
    const { transaction } = outcome;
    events.purchased(visitorOf(c), transaction, c.get('requestId'));
    return c.json(transaction, 201, locationOf(transaction));
  };

  const buyPlain = async (c: RequestContext, wanted: NewTransaction) =>
    answer(c, await buy(wanted, c.get('requestId'), { db, gateway, owe, events }));

  const buyOnce = async (c: RequestContext, wanted: NewTransaction, key: string) => {
    const requestId = c.get('requestId');
    const fingerprint = fingerprintOf(wanted);
    const made = await begin(wanted, () => insertKeyed(db, { key, fingerprint, id: randomUUID(), wanted }));
    if ('used' in made) {
      const { status, body } = keptAnswer(key, fingerprint, made.used);
      events.answerReplayed(made.used.transaction.id, requestId);
      const headers = {
        'content-type': 'application/json',
        'idempotent-replayed': 'true',
        ...(status === 201 ? locationOf(made.used.transaction) : {}),
      };
      return new Response(JSON.stringify(body), { status, headers });
    }
    const outcome = await conclude(made.pending, {
      gateway,
      owe,
      async finish(ended) {
        const { id, status } = ended.transaction;
        await finishKeyed(db, id, status, { key, answer: answerToKeep(ended, requestId) });
        events.transactionProcessed(ended.transaction, requestId);
      },
    });
    return answer(c, outcome);
  };

  const create = async (c: RequestContext) => {
    const { [keyHeader]: key } = parseInput(keySchema, { [keyHeader]: c.req.header(keyHeader) });
    const wanted = await parseBody(c, newTransactionSchema);
    return key === undefined ? buyPlain(c, wanted) : buyOnce(c, wanted, key);
  };

  // Random traffic for demonstrations: a made-up payment.
  const createRandom = (c: RequestContext) => buyPlain(c, randomTransaction(random));

  return [
    { method: 'POST', path: '/transactions', handle: create, breakable: true },
    { method: 'POST', path: '/transactions/create', handle: createRandom, breakable: true },
  ];
}

const locationOf = ({ id }: Pick<Transaction, 'id'>) => ({ location: `/transactions/${id}` });

/** Of what was understood, not of the bytes: another order of the fields is the same purchase. */
function fingerprintOf({ amount, currency, description }: NewTransaction): string {
  return createHash('sha256')
    .update(JSON.stringify([amount, currency, description]))
    .digest('hex');
}

/** What the client is about to be told, refusals included: a repeat must not become a second charge. */
function answerToKeep(outcome: Outcome, requestId: string): KeptAnswer {
  const refusal = refusalOf(outcome);
  return refusal === undefined
    ? { status: 201, body: outcome.transaction }
    : { status: errorStatus[refusal.code], body: errorBody(refusal, requestId) };
}

/** What is told to a request under a key that was used before. */
function keptAnswer(key: string, fingerprint: string, used: UsedKey): KeptAnswer {
  const refuse = (code: 'key_mismatch' | 'key_in_flight', why: string) => {
    const message = `${keyHeader} is ${JSON.stringify(key)}: ${why}`;
    return new AppError(code, message, { details: { fields: [{ field: keyHeader, value: key, message }] } });
  };
  if (used.fingerprint !== fingerprint)
    throw refuse('key_mismatch', 'it was used for another body; give each purchase a key of its own');
  if (used.answer !== undefined) return used.answer;
  if (used.transaction.status === 'unknown')
    throw new AppError(
      'outcome_unknown',
      'The service ended before it kept the answer of the payment gateway. The transaction was recorded as unknown: ' +
        'the money may be held.',
      { details: { transaction: used.transaction } },
    );
  throw refuse('key_in_flight', 'the first request with it is not answered yet; ask again in a second');
}

const bought = {
  201: { description: 'Paid; `location` is where it is kept', body: transactionSchema },
};
const purchaseErrors = [
  'payment_declined',
  'gateway_failed',
  'gateway_timeout',
  'outcome_unknown',
  'database_unavailable',
] as const;

export const purchaseOperations: Operations = {
  'POST /transactions': {
    summary: 'Buys something. Under an Idempotency-Key it is bought once, however often it is asked for',
    header: keySchema,
    body: newTransactionSchema,
    answers: bought,
    errors: [
      'invalid_request',
      'body_broken_off',
      'payload_too_large',
      'key_in_flight',
      'key_mismatch',
      ...purchaseErrors,
    ],
  },
  'POST /transactions/create': {
    summary: 'Buys something random',
    answers: bought,
    errors: purchaseErrors,
  },
};
