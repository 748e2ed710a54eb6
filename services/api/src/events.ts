import { causeOf, createServiceEvents } from '@shop/service/events';
import type { Logger } from 'pino';
import type { LastingFault } from './faults/fault.ts';
import type { Metrics } from './metrics.ts';
import type { GatewayAnswer } from './transactions/gateway.ts';
import type { FinalStatus, Transaction } from './transactions/transaction.ts';

export type Events = ReturnType<typeof createEvents>;

/** One function per event; each writes the log line and the metrics of that event. */
export function createEvents(log: Logger, metrics: Metrics) {
  return {
    ...createServiceEvents(log, metrics),

    gatewayAnswered({ outcome }: GatewayAnswer, durationMs: number) {
      const answered = outcome === 'authorised' || outcome === 'declined';
      metrics.upstreamAnswered('payments', answered ? 'ok' : 'error', durationMs / 1000);
    },
    transactionProcessed(
      { id, amount, currency, status }: Transaction & { status: FinalStatus },
      requestId: string,
    ) {
      metrics.transactionProcessed(status);
      log.info({ request_id: requestId, id, amount, currency, status }, 'transaction');
    },

    databasePrepared(migrations: string[], faults: LastingFault[]) {
      log.info({ migrations, sticky_faults: faults }, 'database prepared');
    },
    databaseNotPrepared: (error: unknown) =>
      log.warn({ cause: causeOf(error) }, 'database not prepared, trying on in the background'),
    connectionLost: (error: Error) => log.warn({ cause: error.message }, 'idle database connection lost'),
  };
}
