import type { Events } from '../events.ts';
import type { Queries } from '../store/database.ts';
import { finishTransaction, insertTransaction } from '../store/transactions.ts';
import type { Gateway } from './gateway.ts';
import { begin, type Concluded, conclude, type PurchaseDeps } from './purchase.ts';
import type { NewTransaction } from './transaction.ts';

export interface TillDeps {
  db: Queries;
  gateway: Gateway;
  owe: PurchaseDeps['owe'];
  events: Pick<Events, 'transactionProcessed'>;
}

/** Buys something that nobody has given a key to. */
export async function buy(
  wanted: NewTransaction,
  requestId: string,
  { db, gateway, owe, events }: TillDeps,
): Promise<Concluded> {
  const pending = await begin(wanted, () => insertTransaction(db, wanted));
  return conclude(pending, {
    gateway,
    owe,
    async finish({ transaction }) {
      await finishTransaction(db, transaction.id, transaction.status);
      events.transactionProcessed(transaction, requestId);
    },
  });
}
