import { z } from 'zod';
import { type TransactionStatus, transactionStatuses } from '../transactions/transaction.ts';
import type { Queries } from './database.ts';
import { bigint } from './rows.ts';
import { statement } from './statement.ts';

/** The most transactions that are counted; a busy window may hold more of them. */
export const statsLimit = 100_000;

// One pass over an index, from the newest back, that ends at the limit however long the window is.
const count = statement(
  'transaction-stats',
  `select status, currency, count(*)::integer as transactions, sum(amount)::bigint as amount,
     (extract(epoch from min(created_at)) * 1000)::bigint as oldest
   from (
     select status, currency, amount, created_at from transactions
     where created_at >= clock_timestamp() - $1 * interval '1 second'
     order by created_at desc, id desc limit $2) as newest
   group by status, currency order by currency, status`,
);
const row = z.object({
  status: z.enum(transactionStatuses),
  currency: z.string(),
  transactions: z.int(),
  amount: bigint,
  oldest: bigint,
});

export interface TransactionStats {
  transactions: number;
  by_status: Record<TransactionStatus, number>;
  /** Of the completed ones; amounts in minor units. */
  completed: { currency: string; transactions: number; amount: number; average: number }[];
  /** False: the window holds more than `statsLimit`, and only its newest were counted. */
  complete: boolean;
  /** When the oldest of those counted was made; null: there is none. */
  oldest: string | null;
}

/** Counts the transactions of the last so many seconds, at most `statsLimit` of them. */
export async function transactionStats(
  db: Queries,
  windowSeconds: number,
  limit = statsLimit,
): Promise<TransactionStats> {
  const found = await db.query(count, [windowSeconds, limit], row);
  const by_status = { pending: 0, completed: 0, declined: 0, failed: 0, unknown: 0 };
  for (const { status, transactions } of found) by_status[status] += transactions;
  const total = found.reduce((sum, { transactions }) => sum + transactions, 0);
  const oldest = Math.min(...found.map((group) => group.oldest));
  return {
    transactions: total,
    by_status,
    completed: found
      .filter(({ status }) => status === 'completed')
      .map(({ currency, transactions, amount }) => ({
        currency,
        transactions,
        amount,
        average: Math.round(amount / transactions),
      })),
    complete: total < limit,
    oldest: found.length === 0 ? null : new Date(oldest).toISOString(),
  };
}
