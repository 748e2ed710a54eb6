import { Hono, type MiddlewareHandler } from 'hono';
import { AppError, type ErrorCode, errorBody, errorStatus, toAppError } from '../errors.ts';
import type { ServiceEvents } from '../events.ts';
import type { HttpMetrics } from '../metrics.ts';
import { type Now, observe } from './observe.ts';
import type { Env, Route } from './route.ts';

export interface RouterDeps {
  events: ServiceEvents;
  metrics: HttpMetrics;
  now: Now;
  injectFaults: MiddlewareHandler<Env>;
}

/** Methods that get a series of their own on unknown routes; whatever else a client makes up shares `OTHER`. */
export const unmatchedMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** Puts the route table behind HTTP: for each route its metrics from the start, its log line, its faults. */
export function createRouter(routes: readonly Route[], deps: RouterDeps): Hono<Env> {
  const { events, metrics, now } = deps;
  const router = new Hono<Env>();

  for (const { method, path, handle, quiet = false, breakable = false } of routes) {
    // The route's own method, so that HEAD counts as the GET it is answered by.
    const labels = { method, route: path };
    metrics.createSeries(labels);
    const before = [observe(events, now, () => labels, quiet)];
    if (breakable) before.push(deps.injectFaults);
    router.on(method, [path], ...before, handle);
  }

  for (const method of [...unmatchedMethods, 'OTHER']) metrics.createSeries(unmatched(method));
  const allowed = allowedMethods(routes);
  router.all('*', observe(events, now, unmatched, false), (c) => {
    const methods = allowed(c.req.path);
    if (methods.length > 0) {
      c.header('allow', methods.join(', '));
      throw new AppError(
        'method_not_allowed',
        `${c.req.path.slice(0, 200)} does not take ${c.req.method}: use ${methods.join(' or ')}.`,
      );
    }
    throw new AppError('not_found', `There is no route ${c.req.method} ${c.req.path.slice(0, 200)}.`);
  });

  router.onError((thrown, c) => {
    const error = toAppError(thrown);
    if (error.code === 'unauthorized') c.header('www-authenticate', 'Bearer');
    const retryAfter = retryAfterSeconds[error.code];
    if (retryAfter !== undefined) c.header('retry-after', retryAfter);
    return c.json(errorBody(error, c.get('requestId')), errorStatus[error.code]);
  });
  return router;
}

/** Errors that go away by themselves, and when it is worth asking again. */
const retryAfterSeconds: Partial<Record<ErrorCode, string>> = {
  database_unavailable: '2',
  key_in_flight: '1',
  too_many_batches: '1',
};

/** The methods that any route takes at a path, HEAD beside GET. */
function allowedMethods(routes: readonly Route[]): (path: string) => string[] {
  const patterns = routes.map(({ method, path }) => ({
    methods: method === 'GET' ? ['GET', 'HEAD'] : [method],
    pattern: new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`),
  }));
  return (path) => [
    ...new Set(patterns.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods)),
  ];
}

function unmatched(method: string) {
  const known = unmatchedMethods.some((one) => one === method);
  return { method: known ? method : 'OTHER', route: 'unmatched' };
}
