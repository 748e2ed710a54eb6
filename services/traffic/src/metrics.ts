import { createRegistry, durationBuckets } from '@shop/service/metrics';
import { Counter, Gauge, Histogram } from 'prom-client';
import { type Outcome, outcomes } from './shop/perform.ts';
import { type Action, actions } from './users/action.ts';

export type Metrics = ReturnType<typeof createMetrics>;

/** Defines every metric of this service on a registry of its own, all series at 0. */
export function createMetrics() {
  const registry = createRegistry();
  const registers = [registry];
  const requests = new Counter({
    name: 'traffic_requests_total',
    help: 'Actions of the simulated users, by what came of them; a purchase that is asked for again is one.',
    labelNames: ['action', 'outcome'],
    registers,
  });
  const durations = new Histogram({
    name: 'traffic_request_duration_seconds',
    help: 'Time from when an action was due until its answer, or until it was given up.',
    labelNames: ['action'],
    buckets: durationBuckets,
    registers,
  });
  const users = new Gauge({ name: 'traffic_users', help: 'Users that are simulated.', registers });
  for (const action of actions) {
    for (const outcome of outcomes) requests.inc({ action, outcome }, 0);
    durations.zero({ action });
  }
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    usersAre: (count: number) => users.set(count),
    performed(action: Action, outcome: Outcome, seconds: number): void {
      requests.inc({ action, outcome });
      durations.observe({ action }, seconds);
    },
  };
}
