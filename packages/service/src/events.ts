import type { Logger } from 'pino';
import type { AppError } from './errors.ts';
import type { HttpMetrics, RouteLabels, StatusClass } from './metrics.ts';

export interface FinishedRequest extends RouteLabels {
  requestId: string;
  path: string;
  status: number;
  durationMs: number;
  error: AppError | undefined;
  /** Asked for by machines every few seconds: logged at debug. */
  quiet: boolean;
}

export type ServiceEvents = ReturnType<typeof createServiceEvents>;

/** What happens in every service: one function per event; each writes the log line and the metrics of that event. */
export function createServiceEvents(log: Logger, metrics: HttpMetrics) {
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

    faultSet: (fault: { kind: string }) => log.warn({ fault }, 'fault set'),
    faultsCleared: () => log.warn('faults cleared'),
    crashing: () => log.fatal('crashing, as asked for through /faults'),

    listening: (address: { host: string; port: number }) => log.info(address, 'listening'),
    stopped: (durationMs: number) => log.info({ duration_ms: Math.round(durationMs) }, 'stopped'),
  };
}

function statusClass(status: number): StatusClass {
  if (status >= 500) return '5xx';
  if (status >= 400) return '4xx';
  return status >= 300 ? '3xx' : '2xx';
}

/** What lies at the bottom of an error, in a few words for a log line. */
export function causeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const deepest = error.cause instanceof Error ? error.cause : error;
  // Node joins the refusals of several addresses into one error whose own message is empty.
  const code = 'code' in deepest ? String(deepest.code) : deepest.name;
  return deepest.message === '' ? code : deepest.message;
}
