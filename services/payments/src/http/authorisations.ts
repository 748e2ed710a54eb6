import { randomUUID } from 'node:crypto';
import { AppError } from '@shop/service/errors';
import { parseBody, parseInput } from '@shop/service/http/input';
import type { RequestContext, Route } from '@shop/service/http/route';
import { inSpan } from '@shop/service/telemetry/tracing';
import { z } from 'zod';
import {
  type Authorisation,
  type Banks,
  type Charge,
  outcomeOf,
  type Random,
} from '../authorisations/authorisation.ts';
import type { Ledger } from '../authorisations/ledger.ts';
import type { Events } from '../events.ts';

const header = 'Idempotency-Key';

const keySchema = z.object({
  [header]: z
    .string('send it: one key for each charge, the same when you ask again, for example a UUID')
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'give 1 to 64 letters, digits, dots, dashes or underscores'),
});

const chargeSchema = z.strictObject(
  {
    amount: z
      .int('give a whole number of minor units, for example 1250 for 12.50')
      .min(1, 'give more than 0 minor units')
      .max(1_000_000_000_000, 'give at most 1000000000000 minor units'),
    currency: z
      .string('give an ISO 4217 code, for example "EUR"')
      .regex(/^[A-Z]{3}$/, 'give 3 upper-case letters as in ISO 4217, for example "EUR"'),
  },
  'send one JSON object with amount and currency',
);

export interface AuthorisationDeps {
  ledger: Ledger;
  banks: Banks;
  events: Events;
  random: Random;
}

export function authorisationRoutes({ ledger, banks, events, random }: AuthorisationDeps): Route[] {
  const create = async (c: RequestContext) => {
    const { [header]: key } = parseInput(keySchema, { [header]: c.req.header(header) });
    const charge = await parseBody(c, chargeSchema);
    const { amount, currency } = charge;
    const attributes = { 'authorisation.amount': amount, 'authorisation.currency': currency };
    return inSpan('authorisation.decide', attributes, async (span) => {
      const { answer, replayed } = decide(key, charge);
      span.set({ 'authorisation.status': answer.status, 'authorisation.replayed': replayed });
      if (!replayed) events.authorisationAnswered(answer, c.get('requestId'));
      return c.json(answer, replayed ? 200 : 201);
    });
  };

  /** Without a pause: of two requests with one key, the later finds what the earlier has kept. */
  const decide = (key: string, charge: Charge): { answer: Authorisation; replayed: boolean } => {
    const known = ledger.find(key);
    if (known !== undefined) {
      if (known.amount !== charge.amount || known.currency !== charge.currency)
        throw new AppError(
          'key_reused',
          `${header} is ${JSON.stringify(key)}: it was used for another charge; give each charge a key of its own`,
        );
      return { answer: known, replayed: true };
    }
    const outcome = outcomeOf(charge, banks, random);
    if (outcome === 'failed') {
      events.authorisationFailed();
      // Not an AppError: to metrics and log it must look like the bug it stands for. Nothing is kept under the key.
      throw new Error('Simulated failure of the gateway');
    }
    const answer: Authorisation = { id: randomUUID(), ...charge, ...outcome };
    ledger.keep(key, answer);
    return { answer, replayed: false };
  };

  return [{ method: 'POST', path: '/authorisations', handle: create, breakable: true }];
}
