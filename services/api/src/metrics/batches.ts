import type { ServiceRegistry } from '@shop/service/metrics';
import { Counter, Gauge, Histogram } from 'prom-client';
import { type BatchItem, type BatchMode, batchItemStatuses, batchModes } from '../batches/batch.ts';

/** Defines the metrics that compare the two ways of carrying out a batch. */
export function defineBatchMetrics(registry: ServiceRegistry) {
  const registers = [registry];
  const batches = new Counter({
    name: 'batches_total',
    help: 'Batches carried out, by mode; parts of them may have failed.',
    labelNames: ['mode'],
    registers,
  });
  const durations = new Histogram({
    name: 'batch_duration_seconds',
    help: 'Time of a whole batch, by mode.',
    labelNames: ['mode'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
    registers,
  });
  const transactions = new Counter({
    name: 'batch_transactions_total',
    help: 'Transactions of batches, by mode and what became of them.',
    labelNames: ['mode', 'status'],
    registers,
  });
  const inProgress = new Gauge({
    name: 'batches_in_progress',
    help: 'Batches being carried out, by mode.',
    labelNames: ['mode'],
    registers,
  });
  for (const mode of batchModes) {
    batches.inc({ mode }, 0);
    durations.zero({ mode });
    for (const status of batchItemStatuses) transactions.inc({ mode, status }, 0);
    inProgress.set({ mode }, 0);
  }

  return {
    batchStarted: (mode: BatchMode) => inProgress.inc({ mode }),
    batchEnded: (mode: BatchMode) => inProgress.dec({ mode }),
    batchFinished(mode: BatchMode, counts: Record<BatchItem['status'], number>, seconds: number): void {
      batches.inc({ mode });
      durations.observe({ mode }, seconds);
      for (const status of batchItemStatuses) transactions.inc({ mode, status }, counts[status]);
    },
  };
}
