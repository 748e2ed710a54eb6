import { z } from 'zod';
import type { NewSettlement, Settlement, Unsettled } from '../settlements/settlement.ts';
import type { Queries } from './database.ts';
import { afterPosition, microsColumn, newestFirst, type Page, type PageWanted, pageOf } from './pages.ts';
import { bigint, timestamp } from './rows.ts';
import { statement } from './statement.ts';

// Locked until the transaction ends, and others pass over what is locked: two runs at once settle different ones.
const extract = statement(
  'extract-unsettled',
  `select id, currency, amount from transactions
   where status = 'completed' and settlement_id is null
   order by created_at, id limit $1
   for update skip locked`,
);
const unsettledRow = z.object({ id: z.uuid(), currency: z.string(), amount: bigint });

/** The oldest completed transactions that are not yet settled, kept from other runs until the transaction ends. */
export function extractUnsettled(db: Queries, limit: number): Promise<Unsettled[]> {
  return db.query(extract, [limit], unsettledRow);
}

const columns = `id, currency, amount, transactions, created_at`;
const row = z.object({
  id: z.uuid(),
  currency: z.string(),
  amount: bigint,
  transactions: z.int(),
  created_at: timestamp,
});

const insert = statement(
  'insert-settlement',
  `insert into settlements (currency, amount, transactions) values ($1, $2, $3) returning ${columns}`,
);

const mark = statement(
  'mark-settled',
  `update transactions set settlement_id = $1
   where id = any($2::uuid[]) and status = 'completed' and settlement_id is null
   returning id`,
);

/** Keeps a settlement and marks its transactions. Throws when one of them is settled already. */
export async function insertSettlement(db: Queries, wanted: NewSettlement): Promise<Settlement> {
  const { currency, amount, ids } = wanted;
  const [kept] = await db.query(insert, [currency, amount, ids.length], row);
  if (kept === undefined) throw new Error('insert … returning answered no row');
  const marked = await db.query(mark, [kept.id, ids], z.object({ id: z.uuid() }));
  if (marked.length !== ids.length)
    throw new Error(`${ids.length - marked.length} of ${ids.length} transactions are settled already`);
  return kept;
}

const selected = `select ${columns}, ${microsColumn} from settlements`;
const list = statement('list-settlements', `${selected} ${newestFirst} limit $1`);
const listAfter = statement(
  'list-settlements-after',
  `${selected} where ${afterPosition(2)} ${newestFirst} limit $1`,
);

/** One page of settlements, newest first. */
export async function listSettlements(db: Queries, { limit, after }: PageWanted): Promise<Page<Settlement>> {
  const listed = row.extend({ micros: bigint });
  const found =
    after === undefined
      ? await db.query(list, [limit + 1], listed)
      : await db.query(listAfter, [limit + 1, after.micros, after.id], listed);
  return pageOf(found, limit);
}
