import { z } from 'zod';
import type { FinalStatus, NewTransaction, Transaction } from '../transactions/transaction.ts';
import { transactionStatuses } from '../transactions/transaction.ts';
import type { Queries } from './database.ts';
import { timestamp } from './rows.ts';
import { statement } from './statement.ts';

/** An answer as it was given, to be given again. */
export interface KeptAnswer {
  status: number;
  body: unknown;
}

/** A purchase and the key that makes it one, however often it is asked for. */
export interface KeyedPurchase {
  key: string;
  /** Of the body: equal for a repeat, and for nothing else. */
  fingerprint: string;
  /** The id of the transaction, if it is to be made. */
  id: string;
  wanted: NewTransaction;
}

/** What is known of a key that was used before. */
export interface UsedKey {
  fingerprint: string;
  transaction: { id: string; status: Transaction['status'] };
  /** undefined: the first request has not been answered. */
  answer: KeptAnswer | undefined;
}

/** How long a key is remembered. */
const lifetime = "interval '24 hours'";

// One statement, so that key and transaction are kept together or not at all, and of two requests at the same time one
// waits for the other. A key that has expired is taken over.
const claim = statement(
  'claim-idempotency-key',
  `with claimed as (
     insert into idempotency_keys as k (key, fingerprint, transaction_id, expires_at)
     values ($1, $2, $3, clock_timestamp() + ${lifetime})
     on conflict (key) do update
       set fingerprint = excluded.fingerprint, transaction_id = excluded.transaction_id,
           expires_at = excluded.expires_at, answer_status = null, answer = null
       where k.expires_at < clock_timestamp()
     returning transaction_id)
   insert into transactions (id, amount, currency, description, status)
   select transaction_id, $4, $5, $6, 'pending' from claimed
   returning created_at`,
  { operation: 'insert' },
);
const claimedRow = z.object({ created_at: timestamp });

const find = statement(
  'find-idempotency-key',
  `select k.fingerprint, k.transaction_id, t.status, k.answer_status, k.answer
   from idempotency_keys k join transactions t on t.id = k.transaction_id
   where k.key = $1 and k.expires_at >= clock_timestamp()`,
);
const usedRow = z
  .object({
    fingerprint: z.string(),
    transaction_id: z.uuid(),
    status: z.enum(transactionStatuses),
    answer_status: z.int().nullable(),
    answer: z.unknown(),
  })
  .transform(
    ({ fingerprint, transaction_id, status, answer_status, answer }): UsedKey => ({
      fingerprint,
      transaction: { id: transaction_id, status },
      answer: answer_status === null ? undefined : { status: answer_status, body: answer },
    }),
  );

/**
 * Keeps a pending transaction and its key, or answers what the key was used for before. Throws when neither can be had,
 * which takes a key that expires in between, twice.
 */
export async function insertKeyed(
  db: Queries,
  { key, fingerprint, id, wanted }: KeyedPurchase,
): Promise<{ pending: Transaction } | { used: UsedKey }> {
  const { amount, currency, description } = wanted;
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const values = [key, fingerprint, id, amount, currency, description];
    const [made] = await db.query(claim, values, claimedRow);
    if (made !== undefined)
      return {
        pending: { id, amount, currency, description, status: 'pending', created_at: made.created_at },
      };
    const [used] = await db.query(find, [key], usedRow);
    if (used !== undefined) return { used };
  }
  throw new Error('an idempotency key was neither free nor used');
}

// Parts of a statement that change data are all carried out, whether their rows are read or not.
const finish = statement(
  'finish-keyed-transaction',
  `with answered as (
     update idempotency_keys set answer_status = $4, answer = $5 where key = $3 and transaction_id = $1)
   update transactions set status = $2 where id = $1 and status in ('pending', 'unknown', $2) returning id`,
  { operation: 'update' },
);

/** Ends a pending transaction and keeps the answer under its key, both or neither. May be called again. */
export async function finishKeyed(
  db: Queries,
  id: string,
  status: FinalStatus,
  { key, answer }: { key: string; answer: KeptAnswer },
): Promise<void> {
  const values = [id, status, key, answer.status, JSON.stringify(answer.body)];
  const [finished] = await db.query(finish, values, z.object({ id: z.uuid() }));
  if (finished === undefined) throw new Error(`transaction ${id} is gone, or ended otherwise`);
}

const prune = statement(
  'prune-idempotency-keys',
  `delete from idempotency_keys where key in (
     select key from idempotency_keys where expires_at < clock_timestamp()
     order by expires_at limit $1 for update skip locked)
   returning key`,
);

/** Forgets expired keys, at most `limit` at once; answers how many. */
export async function pruneKeys(db: Queries, limit: number): Promise<number> {
  const pruned = await db.query(prune, [limit], z.object({ key: z.string() }));
  return pruned.length;
}
