import type { Events } from '../events.ts';
import type { Queries } from '../store/database.ts';
import { finishTransaction, insertTransaction } from '../store/transactions.ts';
import type { Gateway } from './gateway.ts';
import { begin, conclude, type Outcome } from './purchase.ts';
import type { NewTransaction } from './transaction.ts';

export interface TillDeps {
  db: Queries;
  gateway: Gateway;
  events: Pick<Events, 'transactionProcessed'>;
}

/** Buys something that nobody has given a key to. */
export async function buy(
  wanted: NewTransaction,
  requestId: string,
  { db, gateway, events }: TillDeps,
): Promise<Outcome> {
  const pending = await begin(wanted, () => insertTransaction(db, wanted));
  const outcome = await conclude(pending, {
    gateway,
    finish: ({ transaction: { id, status } }) => finishTransaction(db, id, status),
  });
  events.transactionProcessed(outcome.transaction, requestId);
  return outcome;
}
