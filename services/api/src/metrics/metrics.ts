import {
  createRegistry,
  defineFaultMetrics,
  defineHttpMetrics,
  durationBuckets,
} from '@shop/service/metrics';
import { Counter, Histogram } from 'prom-client';
import type { FaultBoard } from '../faults/board.ts';
import { lastingKinds } from '../faults/fault.ts';
import type { Database } from '../store/database.ts';
import { type FinalStatus, finalStatuses } from '../transactions/transaction.ts';
import { defineBatchMetrics } from './batches.ts';
import { defineDatabaseMetrics } from './database.ts';
import { defineSettlementMetrics } from './settlements.ts';

/** Services that this one calls, by the name that rules and playbooks know them under. */
export const upstreams = ['payments'] as const;
export type Upstream = (typeof upstreams)[number];
export const upstreamOutcomes = ['ok', 'error'] as const;
export type UpstreamOutcome = (typeof upstreamOutcomes)[number];

/** What a transaction may end as. */
export const recordedStatuses = [...finalStatuses, 'unknown'] as const;

export const usageEvents = ['sign_in', 'purchase'] as const;
export type UsageEvent = (typeof usageEvents)[number];

export type Metrics = ReturnType<typeof createMetrics>;

/** Defines every metric of this service on a registry of its own. */
export function createMetrics(connections: Database['connections'], faults: FaultBoard) {
  const registry = createRegistry();
  defineFaultMetrics(registry, lastingKinds, faults.active);
  const registers = [registry];
  const transactions = new Counter({
    name: 'processed_transactions_total',
    help: 'Transactions recorded, by status.',
    labelNames: ['status'],
    registers,
  });
  for (const status of recordedStatuses) transactions.inc({ status }, 0);

  const upstreamRequests = new Counter({
    name: 'upstream_requests_total',
    help: 'Calls to services that this one depends on: ok, or error where the other side is to blame.',
    labelNames: ['upstream', 'outcome'],
    registers,
  });
  const upstreamDurations = new Histogram({
    name: 'upstream_request_duration_seconds',
    help: 'Time until the other service answered, or was given up.',
    labelNames: ['upstream'],
    buckets: durationBuckets,
    registers,
  });
  for (const upstream of upstreams) {
    for (const outcome of upstreamOutcomes) upstreamRequests.inc({ upstream, outcome }, 0);
    upstreamDurations.zero({ upstream });
  }

  const usage = new Counter({
    name: 'usage_events_total',
    help: 'What users did: sign-ins and purchases.',
    labelNames: ['event'],
    registers,
  });
  for (const event of usageEvents) usage.inc({ event }, 0);

  const replays = new Counter({
    name: 'idempotent_replays_total',
    help: 'Purchases asked for again under their key and answered with what was answered before.',
    registers,
  });

  return {
    ...defineHttpMetrics(registry),
    ...defineDatabaseMetrics(registry, connections),
    ...defineBatchMetrics(registry),
    ...defineSettlementMetrics(registry),
    /** One series for all errors: split by kind, each would be extrapolated by itself and fall short of our own 5xx. */
    upstreamAnswered(upstream: Upstream, outcome: UpstreamOutcome, seconds: number): void {
      upstreamRequests.inc({ upstream, outcome });
      upstreamDurations.observe({ upstream }, seconds);
    },
    transactionProcessed: (status: FinalStatus) => transactions.inc({ status }),
    transactionsGivenUp: (count: number) => transactions.inc({ status: 'unknown' }, count),
    used: (event: UsageEvent) => usage.inc({ event }),
    answerReplayed: () => replays.inc(),
  };
}
