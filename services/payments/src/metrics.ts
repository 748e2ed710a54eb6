import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export const statusClasses = ['2xx', '3xx', '4xx', '5xx'] as const;
export type StatusClass = (typeof statusClasses)[number];

export const outcomes = ['authorised', 'declined', 'failed'] as const;
export type Outcome = (typeof outcomes)[number];

/** A pattern such as /authorisations, never a path: each scanned URL would become a series. */
export interface RouteLabels {
  method: string;
  route: string;
}

export type Metrics = ReturnType<typeof createMetrics>;

/** Defines every metric of this service on a registry of its own. */
export function createMetrics() {
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
  const authorisations = new Counter({
    name: 'authorisations_total',
    help: 'Charges that were decided, by outcome. One asked for again under its key counts once.',
    labelNames: ['outcome'],
    registers: [...registers],
  });
  for (const outcome of outcomes) authorisations.inc({ outcome }, 0);

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
    authorisationDecided: (outcome: Outcome) => authorisations.inc({ outcome }),
  };
}
