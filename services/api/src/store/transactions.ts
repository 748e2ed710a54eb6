import { z } from 'zod';
import type { FinalStatus, NewTransaction, Transaction } from '../transactions/transaction.ts';
import type { Queries } from './database.ts';
import { timestamp, transactionColumns, transactionRow } from './rows.ts';
import { statement } from './statement.ts';

const insert = statement(
  'insert-transaction',
  `insert into transactions (amount, currency, description, status) values ($1, $2, $3, 'pending')
   returning id, created_at`,
);
const insertedRow = z.object({ id: z.uuid(), created_at: timestamp });

/** Keeps a transaction as pending and answers it with its id and time. */
export async function insertTransaction(db: Queries, wanted: NewTransaction): Promise<Transaction> {
  const { amount, currency, description } = wanted;
  const [kept] = await db.query(insert, [amount, currency, description], insertedRow);
  if (kept === undefined) throw new Error('insert … returning answered no row');
  return { id: kept.id, amount, currency, description, status: 'pending', created_at: kept.created_at };
}

const idRow = z.object({ id: z.uuid() });

// An answer that comes late, after the transaction was given up as unknown, is still the truth. The same one again does
// nothing: whoever got no answer to this does not know whether it was carried out.
const finish = statement(
  'finish-transaction',
  `update transactions set status = $2 where id = $1 and status in ('pending', 'unknown', $2) returning id`,
);

/** Ends a pending transaction with the status that the gateway's answer gave it. May be called again. */
export async function finishTransaction(db: Queries, id: string, status: FinalStatus): Promise<void> {
  const [finished] = await db.query(finish, [id, status], idRow);
  if (finished === undefined) throw new Error(`transaction ${id} is gone, or ended otherwise`);
}

const find = statement('find-transaction', `select ${transactionColumns} from transactions where id = $1`);

export async function findTransaction(db: Queries, id: string): Promise<Transaction | undefined> {
  const [found] = await db.query(find, [id], transactionRow);
  return found;
}

const giveUp = statement(
  'give-up-pending',
  `update transactions set status = 'unknown'
   where id in (
     select id from transactions
     where status = 'pending' and created_at < clock_timestamp() - $1 * interval '1 millisecond'
     order by created_at limit $2
     for update skip locked)
   returning id`,
);

/**
 * Marks as unknown what has been pending for so long that whoever asked the gateway is gone. At most `limit` at once,
 * the oldest first. Replicas may do so together.
 */
export async function giveUpPending(db: Queries, olderThanMs: number, limit: number): Promise<string[]> {
  const given = await db.query(giveUp, [olderThanMs, limit], idRow);
  return given.map(({ id }) => id);
}
