import type { Transaction, TransactionStatus } from '../transactions/transaction.ts';
import type { Queries } from './database.ts';
import { afterPosition, microsColumn, newestFirst, type Page, type PageWanted, pageOf } from './pages.ts';
import { bigint, transactionColumns, transactionRow } from './rows.ts';
import { type Statement, statement } from './statement.ts';

const row = transactionRow.extend({ micros: bigint });

// One statement for each combination: a plan for "this status, or any" could use no index.
const lists = {
  all: list('list-transactions', 'true'),
  allAfter: list('list-transactions-after', afterPosition(2)),
  ofStatus: list('list-transactions-of-status', 'status = $2'),
  ofStatusAfter: list('list-transactions-of-status-after', `status = $2 and ${afterPosition(3)}`),
};

function list(name: string, condition: string): Statement {
  const columns = `${transactionColumns}, ${microsColumn}`;
  return statement(name, `select ${columns} from transactions where ${condition} ${newestFirst} limit $1`);
}

/** One page of transactions, newest first, of one status or of all. */
export async function listTransactions(
  db: Queries,
  { limit, after, status }: PageWanted & { status?: TransactionStatus | undefined },
): Promise<Page<Transaction>> {
  const position = after === undefined ? [] : [after.micros, after.id];
  const chosen =
    status === undefined
      ? { statement: after === undefined ? lists.all : lists.allAfter, values: position }
      : {
          statement: after === undefined ? lists.ofStatus : lists.ofStatusAfter,
          values: [status, ...position],
        };
  return pageOf(await db.query(chosen.statement, [limit + 1, ...chosen.values], row), limit);
}
