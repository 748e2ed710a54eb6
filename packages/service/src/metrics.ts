import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type OpenMetricsContentType,
  type PrometheusContentType,
  Registry,
} from 'prom-client';
import { memoryLimit } from './memory.ts';
import { activeTrace, tracingIsOn } from './telemetry/tracing.ts';

export const statusClasses = ['2xx', '3xx', '4xx', '5xx'] as const;
export type StatusClass = (typeof statusClasses)[number];

/** A pattern such as /transactions/:id, never a path: each scanned URL would become a series. */
export interface RouteLabels {
  method: string;
  route: string;
}

/** For the time of one request or call, in seconds. */
export const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export type ServiceRegistry = Registry<PrometheusContentType | OpenMetricsContentType>;

/** A registry of its own with the metrics of the process. With traces on it speaks OpenMetrics, which has exemplars. */
export function createRegistry(): ServiceRegistry {
  const registry: ServiceRegistry = new Registry();
  // Once and for all: prom-client renames counters when it writes OpenMetrics.
  if (tracingIsOn()) registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'process_memory_limit_bytes',
    help: 'Memory that the process may use: the limit of its container, or the memory of the machine.',
    registers: [registry],
    collect() {
      this.set(memoryLimit());
    },
  });
  return registry;
}

/** Which faults are set: every kind has a series, 1 while it is. */
export function defineFaultMetrics(
  registry: ServiceRegistry,
  kinds: readonly string[],
  active: () => readonly { kind: string }[],
): void {
  new Gauge({
    name: 'faults_active',
    help: 'Faults that are set through /faults, by kind: 1 while it is set.',
    labelNames: ['kind'],
    registers: [registry],
    collect() {
      const set = new Set(active().map(({ kind }) => kind));
      for (const kind of kinds) this.set({ kind }, set.has(kind) ? 1 : 0);
    },
  });
}

export type HttpMetrics = ReturnType<typeof defineHttpMetrics>;

/** Defines the metrics that every service has for what it answers. */
export function defineHttpMetrics(registry: ServiceRegistry) {
  const registers = [registry];
  const exemplars = tracingIsOn();
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests answered, by route pattern and class of status.',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  // The labels of exemplars are others than its own, which prom-client's types do not know.
  const durations = new Histogram<string>({
    name: 'http_request_duration_seconds',
    help: 'Time from request to answer, by route pattern.',
    labelNames: ['method', 'route'],
    buckets: durationBuckets,
    enableExemplars: exemplars,
    registers,
  });
  const inFlight = new Gauge({
    name: 'http_requests_in_flight',
    help: 'Requests being answered, the scrape included.',
    registers,
  });
  const exceptions = new Counter({
    name: 'http_exceptions_total',
    help: 'Requests ended by an exception nobody expected.',
    registers,
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
      if (!exemplars) durations.observe({ ...labels }, seconds);
      else durations.observe({ labels: { ...labels }, value: seconds, exemplarLabels: activeTrace() ?? {} });
    },
    exceptionThrown: () => exceptions.inc(),
  };
}
