import { z } from 'zod';
import { transactionStatuses } from '../transactions/transaction.ts';

/** PostgreSQL's bigint arrives as text; the amounts accepted at the border, and their sums, fit a number. */
export const bigint = z
  .string()
  .transform(Number)
  .refine((value) => Number.isSafeInteger(value), 'beyond what a number holds exactly');

export const timestamp = z.date().transform((date) => date.toISOString());

export const transactionColumns = 'id, amount, currency, description, status, created_at';

export const transactionRow = z.object({
  id: z.uuid(),
  amount: bigint,
  currency: z.string(),
  description: z.string().nullable(),
  status: z.enum(transactionStatuses),
  created_at: timestamp,
});
