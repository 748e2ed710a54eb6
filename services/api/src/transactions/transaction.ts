export const transactionStatuses = ['pending', 'completed', 'declined', 'failed'] as const;
/**
 * `pending`: the gateway is being asked, or we ended before we knew. `declined`: a bank said no. `failed`: the gateway
 * did not answer, or with an error.
 */
export type TransactionStatus = (typeof transactionStatuses)[number];
export type FinalStatus = Exclude<TransactionStatus, 'pending'>;
export const finalStatuses = ['completed', 'declined', 'failed'] as const satisfies readonly FinalStatus[];

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
