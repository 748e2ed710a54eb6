import { durationBuckets, type ServiceRegistry } from '@shop/service/metrics';
import { Counter, Gauge, Histogram } from 'prom-client';
import { type Database, type QueryOutcome, queryOutcomes } from '../store/database.ts';
import { type Operation, operations } from '../store/statement.ts';

/** Most statements take far under the first bucket of a request. */
const buckets = [0.0005, 0.001, 0.0025, ...durationBuckets];

/** Defines what is known of the database from this side of it. */
export function defineDatabaseMetrics(registry: ServiceRegistry, connections: Database['connections']) {
  const registers = [registry];
  const queries = new Counter({
    name: 'db_queries_total',
    help: 'Statements, by what they do and whether the database carried them out; pool_exhausted: it was never asked.',
    labelNames: ['operation', 'outcome'],
    registers,
  });
  const durations = new Histogram({
    name: 'db_query_duration_seconds',
    help: 'Time of a statement, from when it had a connection.',
    labelNames: ['operation'],
    buckets,
    registers,
  });
  for (const operation of operations) {
    for (const outcome of queryOutcomes) queries.inc({ operation, outcome }, 0);
    durations.zero({ operation });
  }

  new Gauge({
    name: 'db_pool_connections',
    help: 'Connections of the pool, and requests waiting for one.',
    labelNames: ['state'],
    registers,
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
    registers,
    collect() {
      this.set(connections().max);
    },
  });

  return {
    queried(operation: Operation, outcome: QueryOutcome, seconds: number | null): void {
      queries.inc({ operation, outcome });
      if (seconds !== null) durations.observe({ operation }, seconds);
    },
  };
}
