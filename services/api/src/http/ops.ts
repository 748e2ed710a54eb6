import { AppError, errorBody, errorStatus } from '@shop/service/errors';
import type { Now } from '@shop/service/http/observe';
import type { RequestContext, Route } from '@shop/service/http/route';
import { z } from 'zod';
import type { Metrics } from '../metrics/metrics.ts';
import type { Database } from '../store/database.ts';
import type { Preparation } from '../store/preparation.ts';
import { statement } from '../store/statement.ts';
import type { Operations } from './operation.ts';

const ping = statement('ping', 'select 1 as one');

export interface OpsDeps {
  db: Database;
  preparation: Preparation;
  metrics: Metrics;
  now: Now;
}

/** What machines and on-call people ask. Faults never apply here. */
export function opsRoutes({ db, preparation, metrics, now }: OpsDeps): Route[] {
  // Shallow on purpose: a container restarted because its database is away only makes things worse.
  const livez = (c: RequestContext) => c.json({ status: 'ok' });

  const health = async (c: RequestContext) => {
    const started = now();
    try {
      await preparation.ready();
      await db.query(ping, [], z.object({ one: z.literal(1) }));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      // Answered here for the sake of `status`, but the log must tell the cause all the same.
      c.error = error;
      const body = {
        status: 'unavailable',
        database: 'unavailable',
        ...errorBody(error, c.get('requestId')),
      };
      return c.json(body, errorStatus[error.code]);
    }
    return c.json({ status: 'ok', database: 'ok', database_ms: Math.round(now() - started) });
  };

  const exposition = async (c: RequestContext) =>
    c.body(await metrics.text(), 200, { 'content-type': metrics.contentType });

  const fail = (): never => {
    throw new Error('This failure was asked for: GET /error');
  };

  return [
    { method: 'GET', path: '/livez', handle: livez, quiet: true },
    { method: 'GET', path: '/health', handle: health },
    { method: 'GET', path: '/metrics', handle: exposition, quiet: true },
    { method: 'GET', path: '/error', handle: fail },
  ];
}

const ok = z.literal('ok');

export const opsOperations: Operations = {
  'GET /livez': {
    summary: 'Whether the process serves; never asks the database',
    answers: { 200: { description: 'It does', body: z.object({ status: ok }) } },
  },
  'GET /health': {
    summary: 'Whether the service can do its work',
    answers: {
      200: { description: 'It can', body: z.object({ status: ok, database: ok, database_ms: z.int() }) },
    },
    errors: ['database_unavailable'],
  },
  'GET /metrics': {
    summary: 'Metrics for Prometheus',
    answers: { 200: { description: 'In its text format', type: 'text/plain' } },
  },
  'GET /error': { summary: 'Fails on purpose', answers: {}, errors: ['internal'] },
};
