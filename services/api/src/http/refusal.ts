import { AppError } from '@shop/service/errors';
import type { Concluded, Outcome } from '../transactions/purchase.ts';

/** What the client is told instead of 201. A declined card is the customer's business, so it is no 5xx. */
export function refusalOf({ answer, transaction }: Outcome): AppError | undefined {
  const details = { transaction };
  switch (answer.outcome) {
    case 'authorised':
      return undefined;
    case 'declined':
      return new AppError(
        'payment_declined',
        'The payment was declined. It was recorded as declined; use another means of payment.',
        { details: { ...details, reason: answer.reason } },
      );
    case 'timed_out':
      return new AppError(
        'gateway_timeout',
        'The payment gateway did not answer in time. The transaction was recorded as failed.',
        { details, cause: answer.cause },
      );
    case 'failed':
    case 'unreachable':
      return new AppError(
        'gateway_failed',
        'The payment gateway failed. The transaction was recorded as failed.',
        { details, cause: answer.cause },
      );
  }
}

/**
 * The money is held and the database does not say so yet. Not 503: who takes that for "nothing happened" and asks again
 * pays twice.
 */
export function notKept({ kept, transaction }: Concluded): AppError | undefined {
  if (kept) return undefined;
  return new AppError(
    'outcome_unknown',
    'The payment gateway holds the money, and the database did not take that. It is tried again: ask for the ' +
      'transaction before you pay again.',
    { details: { transaction: { ...transaction, status: 'pending' } } },
  );
}
