export const transactionStatuses = ['pending', 'completed', 'declined', 'failed', 'unknown'] as const;
/**
 * `pending`: the gateway is being asked. `declined`: a bank said no. `failed`: the gateway did not answer, or with an
 * error. `unknown`: we ended, or lost the database, before we kept its answer; the money may be held.
 */
export type TransactionStatus = (typeof transactionStatuses)[number];
/** What the gateway's answer makes of a pending transaction. */
export const finalStatuses = [
  'completed',
  'declined',
  'failed',
] as const satisfies readonly TransactionStatus[];
export type FinalStatus = (typeof finalStatuses)[number];

/** What a client asks for. Amounts are integer minor units: 1250 EUR is 12.50 euros. */
export interface NewTransaction {
  amount: number;
  currency: string;
  description: string | null;
}

/** A payment as it is kept. A failed one is kept too: else every success rate would be flattering. */
export interface Transaction extends NewTransaction {
  id: string;
  status: TransactionStatus;
  created_at: string;
}

/** A transaction that the gateway has answered. */
export type FinishedTransaction = Transaction & { status: FinalStatus };
