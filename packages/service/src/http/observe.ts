import { randomUUID } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { toAppError } from '../errors.ts';
import type { ServiceEvents } from '../events.ts';
import type { RouteLabels } from '../metrics.ts';
import type { Env } from './route.ts';

const header = 'x-request-id';
const acceptable = /^[A-Za-z0-9._-]{1,64}$/;

/** A clock for durations, in milliseconds; it never goes back. */
export type Now = () => number;

/** Gives the request its id and reports it when it is answered, also when it is answered with an error. */
export function observe(
  events: ServiceEvents,
  now: Now,
  labelsOf: (method: string) => RouteLabels,
  quiet: boolean,
): MiddlewareHandler<Env> {
  return async (c, next) => {
    const started = now();
    events.requestStarted();
    const given = c.req.header(header);
    // Anything else could forge log lines of other requests.
    const requestId = given !== undefined && acceptable.test(given) ? given : randomUUID();
    c.set('requestId', requestId);
    // Hono has turned an exception of the handler into an answer when `next` returns, and kept it in c.error.
    await next();
    c.res.headers.set(header, requestId);
    events.requestFinished({
      ...labelsOf(c.req.method),
      requestId,
      path: c.req.path,
      status: c.res.status,
      durationMs: now() - started,
      error: c.error === undefined ? undefined : toAppError(c.error),
      quiet,
    });
  };
}
