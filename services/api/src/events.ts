import { causeOf, createServiceEvents } from '@shop/service/events';
import type { Logger } from 'pino';
import type { BatchItem, BatchMode } from './batches/batch.ts';
import type { LastingFault } from './faults/fault.ts';
import type { Visitor } from './http/visitor.ts';
import type { Metrics, UsageEvent } from './metrics/metrics.ts';
import type { SettlementRun, SettlementStep } from './settlements/settle.ts';
import type { QueryOutcome } from './store/database.ts';
import type { Operation } from './store/statement.ts';
import type { GatewayAnswer } from './transactions/gateway.ts';
import type { FinishedTransaction } from './transactions/transaction.ts';

export interface FinishedBatch {
  mode: BatchMode;
  n: number;
  counts: Record<BatchItem['status'], number>;
  durationMs: number;
  requestId: string;
}

export type Events = ReturnType<typeof createEvents>;

/** One function per event; each writes the log line and the metrics of that event. */
export function createEvents(log: Logger, metrics: Metrics) {
  /** Of a kind of their own, marked, so that they can be kept apart from what operates the service. */
  const usage = (event: UsageEvent, { user, segment }: Visitor, more: object) => {
    metrics.used(event);
    log.info({ usage: true, event, user, segment, ...more }, 'usage');
  };

  return {
    ...createServiceEvents(log, metrics),

    gatewayAnswered({ outcome }: GatewayAnswer, durationMs: number) {
      const answered = outcome === 'authorised' || outcome === 'declined';
      metrics.upstreamAnswered('payments', answered ? 'ok' : 'error', durationMs / 1000);
    },
    transactionProcessed({ id, amount, currency, status }: FinishedTransaction, requestId: string) {
      metrics.transactionProcessed(status);
      log.info({ request_id: requestId, id, amount, currency, status }, 'transaction');
    },
    answerReplayed(id: string, requestId: string) {
      metrics.answerReplayed();
      log.info({ request_id: requestId, id }, 'answer replayed');
    },

    signedIn: (visitor: Visitor, requestId: string) => usage('sign_in', visitor, { request_id: requestId }),
    purchased: (visitor: Visitor, { id, amount, currency }: FinishedTransaction, requestId: string) =>
      usage('purchase', visitor, { request_id: requestId, id, amount, currency }),

    batchStarted: (mode: BatchMode) => metrics.batchStarted(mode),
    batchEnded: (mode: BatchMode) => metrics.batchEnded(mode),
    batchFinished({ mode, n, counts, durationMs, requestId }: FinishedBatch) {
      metrics.batchFinished(mode, counts, durationMs / 1000);
      log.info({ request_id: requestId, mode, n, counts, duration_ms: Math.round(durationMs) }, 'batch');
    },

    settlementStepDone: (step: SettlementStep, durationMs: number) =>
      metrics.settlementStepDone(step, durationMs / 1000),
    settled({ settlements, transactions, more }: SettlementRun, requestId: string) {
      metrics.settled(transactions);
      log.info({ request_id: requestId, settlements: settlements.length, transactions, more }, 'settlement');
    },
    settlementFailed: () => metrics.settlementFailed(),

    queried: (operation: Operation, outcome: QueryOutcome, durationMs: number | null) =>
      metrics.queried(operation, outcome, durationMs === null ? null : durationMs / 1000),
    databasePrepared(migrations: string[], faults: LastingFault[]) {
      log.info({ migrations, sticky_faults: faults }, 'database prepared');
    },
    databaseNotPrepared: (error: unknown) =>
      log.warn({ cause: causeOf(error) }, 'database not prepared, trying on in the background'),
    /** Counted as a statement that failed: else a process that was started without its database would not show it. */
    preparationFailed: () => metrics.queried('other', 'error', null),
    connectionLost: (error: Error) => log.warn({ cause: error.message }, 'idle database connection lost'),

    /** Somebody has to look at each of them: the money may be held. */
    pendingGivenUp(ids: string[]) {
      metrics.transactionsGivenUp(ids.length);
      log.warn({ count: ids.length, ids: ids.slice(0, 20) }, 'pending transactions are unknown now');
    },
    answerLost: (error: unknown) => log.error({ cause: causeOf(error) }, "the gateway's answer is not kept"),
    housekeepingFailed: (error: unknown) => log.warn({ cause: causeOf(error) }, 'housekeeping failed'),
  };
}
