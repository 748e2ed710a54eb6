import { getRequestListener } from '@hono/node-server';
import { faultRoutes } from '@shop/service/http/faults';
import type { Now } from '@shop/service/http/observe';
import { createRouter } from '@shop/service/http/router';
import { drain, listen } from '@shop/service/listener';
import { createLogger } from '@shop/service/logger';
import type { DestinationStream } from 'pino';
import type { Random } from './authorisations/authorisation.ts';
import { createLedger } from './authorisations/ledger.ts';
import type { Config } from './config.ts';
import { createEvents } from './events.ts';
import { createFaultBoard } from './faults/board.ts';
import { faultSchema } from './faults/fault.ts';
import { authorisationRoutes } from './http/authorisations.ts';
import { faultInjection } from './http/injection.ts';
import { opsRoutes } from './http/ops.ts';
import { createMetrics } from './metrics.ts';

/** What a test replaces; each has its real counterpart as default. */
export interface Overrides {
  random?: Random;
  now?: Now;
  crash?: () => void;
  logStream?: DestinationStream;
  /** How many idempotency keys are remembered: at 200 bytes each some 2 MB. */
  keys?: number;
}

/** Under 2 s, within which the process must be gone after SIGTERM. */
const graceMs = 1_500;

/** Wires the service. Nothing is opened before `start`, and `stop` may be called more than once. */
export function createApp(config: Config, overrides: Overrides = {}) {
  const { random = Math.random, now = () => performance.now(), crash = () => process.exit(70) } = overrides;
  const stopped = new AbortController();
  const log = createLogger('payments', config.logLevel, overrides.logStream);
  const board = createFaultBoard();
  const metrics = createMetrics(board);
  const events = createEvents(log, metrics);
  const ledger = createLedger(overrides.keys ?? 10_000);

  const routes = [
    ...opsRoutes({ ledger, metrics }),
    ...authorisationRoutes({ ledger, banks: config.banks, events, random }),
    ...faultRoutes({
      board,
      schema: faultSchema,
      tokens: config.faultsTokens,
      variable: 'PAYMENTS_FAULTS_TOKEN_FILE',
      events,
      crash,
    }),
  ];
  const injectFaults = faultInjection({ board, random, stopped: stopped.signal });
  const router = createRouter(routes, { events, metrics, now, injectFaults });
  const handler = getRequestListener(router.fetch, { overrideGlobalObjects: false });

  let listener: Awaited<ReturnType<typeof listen>> | undefined;
  let stopping: Promise<void> | undefined;

  const stop = async () => {
    const started = now();
    if (listener !== undefined) await drain(listener.server, graceMs);
    stopped.abort();
    events.stopped(now() - started);
  };

  return {
    router,
    async start(): Promise<{ host: string; port: number }> {
      listener = await listen(handler, config.listen, 'PAYMENTS_LISTEN');
      const address = { host: config.listen.host, port: listener.port };
      events.listening(address);
      return address;
    },
    /** Closes the listener at once, answers what is in flight for up to 1.5 s, then lets go of everything. */
    stop: (): Promise<void> => {
      stopping ??= stop();
      return stopping;
    },
    log,
  };
}
