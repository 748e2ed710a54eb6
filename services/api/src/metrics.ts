import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Database } from './store/database.ts';
import { type FinalStatus, finalStatuses } from './transactions/transaction.ts';

export const statusClasses = ['2xx', '3xx', '4xx', '5xx'] as const;
export type StatusClass = (typeof statusClasses)[number];

/** Services that this one calls, by the name that rules and playbooks know them under. */
export const upstreams = ['payments'] as const;
export type Upstream = (typeof upstreams)[number];
export const upstreamOutcomes = ['ok', 'error'] as const;
export type UpstreamOutcome = (typeof upstreamOutcomes)[number];

/** A pattern such as /transactions/:id, never a path: each scanned URL would become a series. */
export interface RouteLabels {
  method: string;
  route: string;
}

export type Metrics = ReturnType<typeof createMetrics>;

/** Defines every metric of this service on a registry of its own. */
export function createMetrics(connections: Database['connections']) {
  const registers = [new Registry()] as const;
  const [registry] = registers;
  collectDefaultMetrics({ register: registry });

  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests answered, by route pattern and class of status.',
    labelNames: ['method', 'route', 'status'],
    registers: [...registers],
  });
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from request to answer, by route pattern.',
    labelNames: ['method', 'route'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [...registers],
  });
  const inFlight = new Gauge({
    name: 'http_requests_in_flight',
    help: 'Requests being answered, the scrape included.',
    registers: [...registers],
  });
  const exceptions = new Counter({
    name: 'http_exceptions_total',
    help: 'Requests ended by an exception nobody expected.',
    registers: [...registers],
  });
  const transactions = new Counter({
    name: 'processed_transactions_total',
    help: 'Transactions recorded, by status.',
    labelNames: ['status'],
    registers: [...registers],
  });
  for (const status of finalStatuses) transactions.inc({ status }, 0);

  const upstreamRequests = new Counter({
    name: 'upstream_requests_total',
    help: 'Calls to services that this one depends on: ok, or error where the other side is to blame.',
    labelNames: ['upstream', 'outcome'],
    registers: [...registers],
  });
  const upstreamDurations = new Histogram({
    name: 'upstream_request_duration_seconds',
    help: 'Time until the other service answered, or was given up.',
    labelNames: ['upstream'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [...registers],
  });
  for (const upstream of upstreams) {
    for (const outcome of upstreamOutcomes) upstreamRequests.inc({ upstream, outcome }, 0);
    upstreamDurations.zero({ upstream });
  }

  new Gauge({
    name: 'db_pool_connections',
    help: 'Connections of the pool, and requests waiting for one.',
    labelNames: ['state'],
    registers: [...registers],
    collect() {
      const { total, idle, waiting } = connections();
      this.set({ state: 'total' }, total);
      this.set({ state: 'idle' }, idle);
      this.set({ state: 'waiting' }, waiting);
    },
  });
  new Gauge({
    name: 'db_pool_connections_max',
    help: 'Most connections the pool may open.',
    registers: [...registers],
    collect() {
      this.set(connections().max);
    },
  });

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),

    /** Creates the series of a route at 0: a series that first appears at 20 has a rate of 0. */
    createSeries({ method, route }: RouteLabels): void {
      for (const status of statusClasses) requests.inc({ method, route, status }, 0);
      durations.zero({ method, route });
    },
    requestStarted: () => inFlight.inc(),
    requestFinished(labels: RouteLabels, status: StatusClass, seconds: number): void {
      inFlight.dec();
      requests.inc({ ...labels, status });
      durations.observe({ ...labels }, seconds);
    },
    exceptionThrown: () => exceptions.inc(),
    /** One series for all errors: split by kind, each would be extrapolated by itself and fall short of our own 5xx. */
    upstreamAnswered(upstream: Upstream, outcome: UpstreamOutcome, seconds: number): void {
      upstreamRequests.inc({ upstream, outcome });
      upstreamDurations.observe({ upstream }, seconds);
    },
    transactionProcessed: (status: FinalStatus) => transactions.inc({ status }),
  };
}
