import { toAppError } from '@shop/service/errors';
import { inSpan } from '@shop/service/telemetry/tracing';
import type { Concluded } from '../transactions/purchase.ts';
import type { FinishedTransaction } from '../transactions/transaction.ts';

export const batchModes = ['sequential', 'concurrent'] as const;
export type BatchMode = (typeof batchModes)[number];

/** What became of one transaction of a batch. */
export type BatchItem =
  | FinishedTransaction
  /** Nothing was kept, or what was kept was not finished: the error says why. */
  | { status: 'error'; code: string; message: string }
  /** Not begun: the time was up, or whoever asked is gone. */
  | { status: 'skipped' };

export const batchItemStatuses = ['completed', 'declined', 'failed', 'error', 'skipped'] as const;

export interface BatchDeps {
  /** Makes the transaction of that number. */
  buy(index: number): Promise<Concluded>;
  /** Runs work when there is room for it. */
  whenFree<T>(work: () => Promise<T>): Promise<T>;
  /** Aborts when no further transaction is to be begun. */
  signal: AbortSignal;
}

/**
 * Makes `n` transactions, one after the other or at the same time. What goes wrong with one is told for that one and
 * stops no other, except where nothing at all could be done: then the first error is thrown.
 */
export async function runBatch(n: number, mode: BatchMode, deps: BatchDeps): Promise<BatchItem[]> {
  const errors: unknown[] = [];
  const one = async (index: number): Promise<BatchItem> => {
    if (deps.signal.aborted) return { status: 'skipped' };
    try {
      const { transaction, kept } = await inSpan('batch.transaction', { 'batch.index': index }, () =>
        deps.buy(index),
      );
      if (kept) return transaction;
      const message = `The gateway's answer to ${transaction.id} is not kept yet; it is tried again.`;
      return { status: 'error', code: 'outcome_unknown', message };
    } catch (thrown) {
      errors.push(thrown);
      const { code, message } = toAppError(thrown);
      return { status: 'error', code, message };
    }
  };

  const items: BatchItem[] = [];
  await inSpan('batch', { 'batch.size': n, 'batch.mode': mode }, async () => {
    const indexes = Array.from({ length: n }, (_, index) => index);
    if (mode === 'sequential') for (const index of indexes) items.push(await one(index));
    else items.push(...(await Promise.all(indexes.map((index) => deps.whenFree(() => one(index))))));
  });
  // Not where money is held: that has to be told.
  if (errors.length === n) throw errors[0];
  return items;
}
