import { Hono } from 'hono';
import type { Metrics } from '../observe/metrics.ts';

/** What stands in the way of doing the work, and what a person should know besides. */
export interface Readiness {
  /** Sentences; none means ready. */
  problems(): readonly string[];
  notes(): readonly string[];
}

/** `/healthz`: the process serves. `/readyz`: it can do its work. `/metrics`: for Prometheus. */
export function opsRoutes(metrics: Metrics, readiness: Readiness): Hono {
  const app = new Hono();
  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  app.get('/readyz', (c) => {
    const problems = readiness.problems();
    const ready = problems.length === 0;
    return c.json(
      { status: ready ? 'ready' : 'not_ready', problems, notes: readiness.notes() },
      ready ? 200 : 503,
    );
  });
  app.get('/metrics', async (c) =>
    c.body(await metrics.registry.metrics(), 200, { 'content-type': metrics.registry.contentType }),
  );
  return app;
}
