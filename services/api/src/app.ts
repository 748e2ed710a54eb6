import { setTimeout as sleep } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import type { Now } from '@shop/service/http/observe';
import { createRouter } from '@shop/service/http/router';
import { drain, listen } from '@shop/service/listener';
import { createLogger } from '@shop/service/logger';
import type { DestinationStream } from 'pino';
import type { Config } from './config.ts';
import { createEvents } from './events.ts';
import { createFaultBoard } from './faults/board.ts';
import { startEffect } from './faults/effects.ts';
import { faultSchema } from './faults/fault.ts';
import { memory } from './faults/memory.ts';
import { type HousekeepingLimits, keepHouse } from './housekeeping.ts';
import { faultInjection } from './http/injection.ts';
import { apiRoutes } from './http/routes.ts';
import { createMetrics } from './metrics/metrics.ts';
import { isUnavailable, openDatabase } from './store/database.ts';
import { stickyFaultsIn } from './store/faults.ts';
import { migrate } from './store/migrate.ts';
import { createPreparation } from './store/preparation.ts';
import { createArrears } from './transactions/arrears.ts';
import { createGateway } from './transactions/gateway.ts';
import type { Random } from './transactions/random.ts';

/** What a test replaces; each has its real counterpart as default. */
export interface Overrides {
  random?: Random;
  now?: Now;
  crash?: () => void;
  logStream?: DestinationStream;
  housekeeping?: HousekeepingLimits;
}

/** Together under 2 s, within which the process must be gone after SIGTERM. */
const stopLimits = { graceMs: 1_500, databaseMs: 200 };

/** Far beyond what the gateway needs, and short of what a person at a till waits. */
const gatewayTimeoutMs = 2_000;

/** Wires the service. Nothing is opened before `start`, and `stop` may be called more than once. */
export function createApp(config: Config, overrides: Overrides = {}) {
  const { random = Math.random, now = () => performance.now(), crash = () => process.exit(70) } = overrides;
  const stopped = new AbortController();
  const log = createLogger('api', config.logLevel, overrides.logStream);

  const db = openDatabase(config.databaseUrl, {
    onConnectionLost: (error) => events.connectionLost(error),
    onSchemaMissing: () => preparation.reset(),
    onQuery: (operation, outcome, durationMs) => events.queried(operation, outcome, durationMs),
    slowness: () => board.slowness(),
    now,
  });
  const stickyFaults = stickyFaultsIn(db);
  const board = createFaultBoard(
    {
      ...stickyFaults,
      async save(fault) {
        await preparation.ready();
        await stickyFaults.save(fault);
      },
    },
    (fault) => startEffect(fault, { holdConnection: db.hold, memory }),
  );
  const metrics = createMetrics(db.connections, board);
  const events = createEvents(log, metrics);
  const preparation = createPreparation(async () => {
    const migrations = await migrate(config.databaseUrl);
    events.databasePrepared(migrations, await board.load());
  }, events);

  const gateway = createGateway({
    url: config.paymentsUrl,
    timeoutMs: gatewayTimeoutMs,
    onAnswer: events.gatewayAnswered,
    now,
  });

  const arrears = createArrears({ isAway: isUnavailable, onLost: events.answerLost });

  const routes = apiRoutes(
    { db, preparation, metrics, gateway, owe: arrears.add, events, random, now },
    {
      board,
      schema: faultSchema,
      tokens: config.faultsTokens,
      variable: 'API_FAULTS_TOKEN_FILE',
      events,
      crash,
    },
  );
  const injectFaults = faultInjection({ board, preparation, random, stopped: stopped.signal });
  const router = createRouter(routes, { events, metrics, now, injectFaults });
  const handler = getRequestListener(router.fetch, { overrideGlobalObjects: false });

  let listener: Awaited<ReturnType<typeof listen>> | undefined;
  let stopping: Promise<void> | undefined;

  const stop = async () => {
    const started = now();
    if (listener !== undefined) await drain(listener.server, stopLimits.graceMs);
    stopped.abort();
    board.stop();
    // A query still under way would hold its connection; the process does not wait for it.
    await Promise.race([db.close(), sleep(stopLimits.databaseMs, undefined, { ref: false })]);
    events.stopped(now() - started);
  };

  return {
    router,
    /** Serves. Waits shortly for the database, so that sticky faults apply to the first request; then does without. */
    async start(): Promise<{ host: string; port: number }> {
      await preparation.ready().catch(() => undefined);
      void preparation.keepTrying(stopped.signal);
      void arrears.keepTrying(stopped.signal);
      void keepHouse({ db, preparation, events, signal: stopped.signal, limits: overrides.housekeeping });
      listener = await listen(handler, config.listen, 'API_LISTEN');
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
