import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export const statusClasses = ['2xx', '3xx', '4xx', '5xx'] as const;
export type StatusClass = (typeof statusClasses)[number];

/** A pattern such as /transactions/:id, never a path: each scanned URL would become a series. */
export interface RouteLabels {
  method: string;
  route: string;
}

/** For the time of one request or call, in seconds. */
export const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** A registry of its own with the metrics of the process. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

export type HttpMetrics = ReturnType<typeof defineHttpMetrics>;

/** Defines the metrics that every service has for what it answers. */
export function defineHttpMetrics(registry: Registry) {
  const registers = [registry];
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests answered, by route pattern and class of status.',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from request to answer, by route pattern.',
    labelNames: ['method', 'route'],
    buckets: durationBuckets,
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
      durations.observe({ ...labels }, seconds);
    },
    exceptionThrown: () => exceptions.inc(),
  };
}
