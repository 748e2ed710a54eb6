export const transactionStatuses = ['completed', 'failed'] as const;
export type TransactionStatus = (typeof transactionStatuses)[number];

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
