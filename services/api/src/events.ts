import type { Logger } from 'pino';
import type { AppError } from './errors.ts';
import type { Fault, LastingFault } from './faults/fault.ts';
import type { Metrics, RouteLabels, StatusClass } from './metrics.ts';
import type { GatewayAnswer } from './transactions/gateway.ts';
import type { FinalStatus, Transaction } from './transactions/transaction.ts';

export interface FinishedRequest extends RouteLabels {
  requestId: string;
  path: string;
  status: number;
  durationMs: number;
  error: AppError | undefined;
  /** Asked for by machines every few seconds: logged at debug. */
  quiet: boolean;
}

export type Events = ReturnType<typeof createEvents>;

/** One function per event; each writes the log line and the metrics of that event. */
export function createEvents(log: Logger, metrics: Metrics) {
  return {
    requestStarted: () => metrics.requestStarted(),
    requestFinished({ requestId, method, route, path, status, durationMs, error, quiet }: FinishedRequest) {
      metrics.requestFinished({ method, route }, statusClass(status), durationMs / 1000);
      const unexpected = error?.code === 'internal';
      if (unexpected) metrics.exceptionThrown();

      const line = {
        request_id: requestId,
        method,
        route,
        path: path.slice(0, 200),
        status,
        duration_ms: Math.round(durationMs * 1000) / 1000,
        ...(error === undefined ? {} : { code: error.code }),
      };
      // The stack is worth its length only where nobody knows the cause.
      if (unexpected) log.error({ ...line, err: error.cause }, 'request');
      else if (status >= 500) log.warn({ ...line, cause: causeOf(error) }, 'request');
      else if (quiet) log.debug(line, 'request');
      else log.info(line, 'request');
    },

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

    faultSet: (fault: Fault) => log.warn({ fault }, 'fault set'),
    faultsCleared: () => log.warn('faults cleared'),
    crashing: () => log.fatal('crashing, as asked for through /faults'),

    databasePrepared(migrations: string[], faults: LastingFault[]) {
      log.info({ migrations, sticky_faults: faults }, 'database prepared');
    },
    databaseNotPrepared: (error: unknown) =>
      log.warn({ cause: causeOf(error) }, 'database not prepared, trying on in the background'),
    connectionLost: (error: Error) => log.warn({ cause: error.message }, 'idle database connection lost'),

    listening: (address: { host: string; port: number }) => log.info(address, 'listening'),
    stopped: (durationMs: number) => log.info({ duration_ms: Math.round(durationMs) }, 'stopped'),
  };
}

function statusClass(status: number): StatusClass {
  if (status >= 500) return '5xx';
  if (status >= 400) return '4xx';
  return status >= 300 ? '3xx' : '2xx';
}

function causeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const deepest = error.cause instanceof Error ? error.cause : error;
  // Node joins the refusals of several addresses into one error whose own message is empty.
  const code = 'code' in deepest ? String(deepest.code) : deepest.name;
  return deepest.message === '' ? code : deepest.message;
}
