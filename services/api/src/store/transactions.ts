import { AppError } from '@shop/service/errors';
import { z } from 'zod';
import {
  type FinalStatus,
  type NewTransaction,
  type Transaction,
  transactionStatuses,
} from '../transactions/transaction.ts';
import type { Database } from './database.ts';

const columns = 'id, amount, currency, description, status, created_at';

const row = z.object({
  id: z.uuid(),
  // PostgreSQL's bigint arrives as text; the amounts accepted at the border fit a number.
  amount: z.string().transform(Number),
  currency: z.string(),
  description: z.string().nullable(),
  status: z.enum(transactionStatuses),
  created_at: z.date().transform((date) => date.toISOString()),
});

/** Keeps a transaction as pending and answers it with its id and time. */
export async function insertTransaction(
  db: Database,
  { amount, currency, description }: NewTransaction,
): Promise<Transaction> {
  const [kept] = await db.query(
    `insert into transactions (amount, currency, description, status) values ($1, $2, $3, 'pending')
     returning ${columns}`,
    [amount, currency, description],
    row,
  );
  if (kept === undefined) throw new Error('insert … returning answered no row');
  return kept;
}

/** Ends a pending transaction with the status that the gateway's answer gave it. */
export async function settleTransaction(
  db: Database,
  id: string,
  status: FinalStatus,
): Promise<Transaction & { status: FinalStatus }> {
  const [settled] = await db.query(
    `update transactions set status = $2 where id = $1 returning ${columns}`,
    [id, status],
    row,
  );
  if (settled === undefined) throw new Error(`transaction ${id} is gone`);
  return { ...settled, status };
}

export async function findTransaction(db: Database, id: string): Promise<Transaction | undefined> {
  const [found] = await db.query(`select ${columns} from transactions where id = $1`, [id], row);
  return found;
}

/** One page, newest first, after the transaction `before`; `next` is the `before` of the following page. */
export async function listTransactions(
  db: Database,
  { limit, before }: { limit: number; before?: string | undefined },
): Promise<{ transactions: Transaction[]; next: string | null }> {
  // One more than asked for tells whether there is a next page. The comparison stays in the database: a JavaScript
  // date has no microseconds.
  const found = await db.query(
    `select ${columns} from transactions
     where $2::uuid is null or (created_at, id) < (select created_at, id from transactions where id = $2)
     order by created_at desc, id desc limit $1`,
    [limit + 1, before ?? null],
    row,
  );
  // An unknown `before` compares with null and matches nothing: say so instead of pretending the list has ended.
  if (found.length === 0 && before !== undefined && (await findTransaction(db, before)) === undefined)
    throw new AppError('invalid_request', `before is ${JSON.stringify(before)}: no transaction has this id`, {
      details: {
        fields: [{ field: 'before', value: before, message: 'give the id of a listed transaction' }],
      },
    });
  const transactions = found.slice(0, limit);
  return { transactions, next: found.length > limit ? (transactions.at(-1)?.id ?? null) : null };
}
