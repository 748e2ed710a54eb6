import type { Now } from '@shop/service/http/observe';
import type { RequestContext, Route } from '@shop/service/http/route';
import { z } from 'zod';
import type { Events } from '../events.ts';
import { settle } from '../settlements/settle.ts';
import type { Database } from '../store/database.ts';
import type { Preparation } from '../store/preparation.ts';
import { listSettlements } from '../store/settlements.ts';
import type { Operations } from './operation.ts';
import { nextSchema, pageSchema, parseQuery } from './schemas.ts';

export interface SettlementRouteDeps {
  db: Database;
  preparation: Preparation;
  events: Events;
  now: Now;
}

/** Pays out what was completed. Injected errors and latency do not apply here. */
export function settlementRoutes({ db, preparation, events, now }: SettlementRouteDeps): Route[] {
  const run = async (c: RequestContext) => {
    await preparation.ready();
    try {
      const done = await settle({ db, now, onStep: events.settlementStepDone });
      events.settled(done, c.get('requestId'));
      return c.json(done, done.transactions > 0 ? 201 : 200);
    } catch (error) {
      events.settlementFailed();
      throw error;
    }
  };

  const list = async (c: RequestContext) => {
    const { limit, cursor } = parseQuery(pageSchema, c.req.queries());
    await preparation.ready();
    const { items, next } = await listSettlements(db, { limit, after: cursor });
    return c.json({ settlements: items, next });
  };

  return [
    { method: 'GET', path: '/settlements', handle: list },
    { method: 'POST', path: '/settlements', handle: run },
  ];
}

const settlementSchema = z.object({
  id: z.uuid(),
  currency: z.string(),
  amount: z.int(),
  transactions: z.int(),
  created_at: z.iso.datetime(),
});
const runSchema = z.object({
  settlements: z.array(settlementSchema),
  transactions: z.int(),
  more: z.boolean().meta({ description: 'The limit of one run was reached: ask again' }),
});

export const settlementOperations: Operations = {
  'POST /settlements': {
    summary: 'Settles completed transactions that are not settled yet, by currency; safe to repeat',
    answers: {
      200: { description: 'There was nothing to settle', body: runSchema },
      201: { description: 'What was settled', body: runSchema },
    },
    errors: ['database_unavailable'],
  },
  'GET /settlements': {
    summary: 'Settlements, newest first, a page at a time',
    query: pageSchema,
    answers: {
      200: {
        description: 'One page',
        body: z.object({ settlements: z.array(settlementSchema), next: nextSchema }),
      },
    },
    errors: ['invalid_request', 'database_unavailable'],
  },
};
