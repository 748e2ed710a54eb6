import { createRegistry, defineFaultMetrics, defineHttpMetrics } from '@shop/service/metrics';
import { Counter } from 'prom-client';
import type { FaultBoard } from './faults/board.ts';
import { lastingKinds } from './faults/fault.ts';

export const outcomes = ['authorised', 'declined', 'failed'] as const;
export type Outcome = (typeof outcomes)[number];

export type Metrics = ReturnType<typeof createMetrics>;

/** Defines every metric of this service on a registry of its own. */
export function createMetrics(faults: FaultBoard) {
  const registry = createRegistry();
  defineFaultMetrics(registry, lastingKinds, faults.all);
  const authorisations = new Counter({
    name: 'authorisations_total',
    help: 'Charges that were decided, by outcome. One asked for again under its key counts once.',
    labelNames: ['outcome'],
    registers: [registry],
  });
  for (const outcome of outcomes) authorisations.inc({ outcome }, 0);

  return {
    ...defineHttpMetrics(registry),
    authorisationDecided: (outcome: Outcome) => authorisations.inc({ outcome }),
  };
}
