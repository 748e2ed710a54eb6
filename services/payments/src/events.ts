import { createServiceEvents } from '@shop/service/events';
import type { Logger } from 'pino';
import type { Authorisation } from './authorisations/authorisation.ts';
import type { Metrics } from './metrics.ts';

export type Events = ReturnType<typeof createEvents>;

/** One function per event; each writes the log line and the metrics of that event. */
export function createEvents(log: Logger, metrics: Metrics) {
  return {
    ...createServiceEvents(log, metrics),

    authorisationAnswered({ id, amount, currency, status, reason }: Authorisation, requestId: string) {
      metrics.authorisationDecided(status);
      log.info({ request_id: requestId, id, amount, currency, status, reason }, 'authorisation');
    },
    authorisationFailed: () => metrics.authorisationDecided('failed'),
  };
}
