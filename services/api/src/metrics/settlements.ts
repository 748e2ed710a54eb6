import { durationBuckets, type ServiceRegistry } from '@shop/service/metrics';
import { Counter, Histogram } from 'prom-client';
import { type SettlementStep, settlementSteps } from '../settlements/settle.ts';

/** Defines the metrics of paying out. */
export function defineSettlementMetrics(registry: ServiceRegistry) {
  const registers = [registry];
  const runs = new Counter({
    name: 'settlements_total',
    help: 'Runs of the settlement, also those that found nothing to settle.',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ['ok', 'error']) runs.inc({ outcome }, 0);

  const steps = new Histogram({
    name: 'settlement_step_duration_seconds',
    help: 'Time of one step of a run.',
    labelNames: ['step'],
    buckets: durationBuckets,
    registers,
  });
  for (const step of settlementSteps) steps.zero({ step });

  const transactions = new Counter({
    name: 'settled_transactions_total',
    help: 'Transactions settled, each once.',
    registers,
  });

  return {
    settlementStepDone: (step: SettlementStep, seconds: number) => steps.observe({ step }, seconds),
    settlementFailed: () => runs.inc({ outcome: 'error' }),
    settled(count: number): void {
      runs.inc({ outcome: 'ok' });
      transactions.inc(count);
    },
  };
}
