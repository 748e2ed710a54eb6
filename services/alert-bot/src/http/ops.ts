import { Hono } from 'hono';
import type { Metrics } from '../observe/metrics.ts';

/** A sentence that a person should know, and what it is about, by which a page takes its own. */
export interface Note {
  about: 'playbooks' | 'clock' | 'pauses' | 'heartbeat' | 'restore' | 'tokens';
  text: string;
}

export const notesAbout = (about: Note['about'], texts: readonly string[]): Note[] =>
  texts.map((text) => ({ about, text }));

/** What stands in the way of doing the work, and what a person should know besides. */
export interface Readiness {
  /** Sentences; none means ready. */
  problems(): readonly string[];
  notes(): readonly Note[];
}

/** The notes as they are answered. */
export const noteTexts = (readiness: Pick<Readiness, 'notes'>): string[] =>
  readiness.notes().map(({ text }) => text);

/** `/healthz`: the process serves. `/readyz`: it can do its work. `/metrics`: for Prometheus. */
export function opsRoutes(metrics: Metrics, readiness: Readiness): Hono {
  const app = new Hono();
  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  app.get('/readyz', (c) => {
    const problems = readiness.problems();
    const ready = problems.length === 0;
    return c.json(
      { status: ready ? 'ready' : 'not_ready', problems, notes: noteTexts(readiness) },
      ready ? 200 : 503,
    );
  });
  app.get('/metrics', async (c) =>
    c.body(await metrics.registry.metrics(), 200, { 'content-type': metrics.registry.contentType }),
  );
  return app;
}
