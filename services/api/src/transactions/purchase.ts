import { AppError } from '@shop/service/errors';
import { inSpan } from '@shop/service/telemetry/tracing';
import type { Gateway, GatewayAnswer } from './gateway.ts';
import type { FinalStatus, FinishedTransaction, NewTransaction, Transaction } from './transaction.ts';

/** How a purchase ended, and what the gateway said. */
export interface Outcome {
  transaction: FinishedTransaction;
  answer: GatewayAnswer;
}

/** `kept` is false where the database did not take it: it is owed, and the transaction is pending until it is paid off. */
export type Concluded = Outcome & { kept: boolean };

export interface PurchaseDeps {
  gateway: Gateway;
  /** Keeps how a pending transaction ended, and reports it. May be called again. */
  finish(outcome: Outcome): Promise<void>;
  /** Is given what could not be kept now: the gateway will not say it again. */
  owe(keep: () => Promise<void>): void;
}

/**
 * Keeps a purchase as pending. On disk before the money is asked for: an answer that is lost leaves a pending
 * transaction, never none.
 */
export function begin<T>({ amount, currency }: NewTransaction, insert: () => Promise<T>): Promise<T> {
  const attributes = { 'transaction.amount': amount, 'transaction.currency': currency };
  return inSpan('transaction.insert', attributes, insert);
}

/** Asks for the money of a pending transaction, and keeps what became of it. */
export async function conclude(
  pending: Transaction,
  { gateway, finish, owe }: PurchaseDeps,
): Promise<Concluded> {
  const { id, amount, currency } = pending;
  const named = {
    'transaction.id': id,
    'transaction.amount': amount,
    'transaction.currency': currency,
  };
  const answer = await inSpan('transaction.authorise', named, async (span) => {
    const given = await gateway.authorise(pending);
    span.set({ 'transaction.outcome': given.outcome });
    // Not thrown, as the transaction still has to be finished.
    if ('cause' in given) span.fail(given.cause);
    return given;
  });
  const status = statusOf(answer);
  const outcome = { transaction: { ...pending, status }, answer };
  const keep = () =>
    inSpan('transaction.settle', { ...named, 'transaction.status': status }, () => finish(outcome));
  try {
    await keep();
    return { ...outcome, kept: true };
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'database_unavailable')) throw error;
    owe(keep);
    return { ...outcome, kept: false };
  }
}

function statusOf({ outcome }: GatewayAnswer): FinalStatus {
  if (outcome === 'authorised') return 'completed';
  return outcome === 'declined' ? 'declined' : 'failed';
}
