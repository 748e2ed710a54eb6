import { randomUUID } from 'node:crypto';
import type { MiddlewareHandler, Next } from 'hono';
import { toAppError } from '../errors.ts';
import type { ServiceEvents } from '../events.ts';
import type { RouteLabels } from '../metrics.ts';
import { activeTrace, inServerSpan, type Span, unrecorded } from '../telemetry/tracing.ts';
import type { Env, RequestContext } from './route.ts';

const header = 'x-request-id';
/** Where the request can be found in the traces; absent where it is not traced. */
const traceHeader = 'x-trace-id';
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
  const observed = async (c: RequestContext, next: Next, labels: RouteLabels, span: Span) => {
    const started = now();
    events.requestStarted();
    const given = c.req.header(header);
    // Anything else could forge log lines of other requests.
    const requestId = given !== undefined && acceptable.test(given) ? given : randomUUID();
    c.set('requestId', requestId);
    // Hono has turned an exception of the handler into an answer when `next` returns, and kept it in c.error.
    await next();
    c.res.headers.set(header, requestId);
    const trace = activeTrace();
    if (trace !== undefined) c.res.headers.set(traceHeader, trace.trace_id);
    const { status } = c.res;
    const error = c.error === undefined ? undefined : toAppError(c.error);
    span.set({ 'http.response.status_code': status });
    // What the client did wrong is no error of this service.
    if (status >= 500) span.fail(error?.cause ?? error ?? new Error(`answered ${status}`));
    // Still in the span: the line and the exemplar carry its ids.
    events.requestFinished({
      ...labels,
      requestId,
      path: c.req.path,
      status,
      durationMs: now() - started,
      error,
      quiet,
    });
  };

  return (c, next) => {
    const labels = labelsOf(c.req.method);
    // What machines ask every few seconds would be most of the traces.
    if (quiet) return observed(c, next, labels, unrecorded);
    const request = { ...labels, path: c.req.path, headers: c.env.incoming.headers };
    return inServerSpan(request, (span) => observed(c, next, labels, span));
  };
}
