import { AppError } from '@shop/service/errors';
import type { Outcome } from '../transactions/purchase.ts';

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
