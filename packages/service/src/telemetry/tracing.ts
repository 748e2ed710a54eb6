import {
  type Context,
  context,
  type Span as OtelSpan,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';

/** What the rest of the code knows of a span. */
export interface Span {
  set(attributes: Attributes): void;
  /** Records the exception and gives the span the status ERROR. */
  fail(error: unknown): void;
}

export type Attributes = Record<string, string | number | boolean>;

/** Who buys, as the baggage `user.segment` tells every service on the way. */
export const segments = ['new', 'regular', 'vip'] as const;
export type Segment = (typeof segments)[number];
const segmentKey = 'user.segment';

/** For what is not traced. */
export const unrecorded: Span = { set() {}, fail() {} };

// One for the process, as OpenTelemetry's own providers are: what makes spans needs no wiring. The API package alone is
// small, and prom-client imports it anyway.
let tracer: Tracer | undefined;

/** Called once, by the telemetry that was started. From then on spans are real. */
export function connectTracing(name: string): void {
  tracer = trace.getTracer(name);
}

/** Whether there are spans at all. */
export const tracingIsOn = (): boolean => tracer !== undefined;

/**
 * Does the work in a span of its own, a child of the one that is active, and ends it. What the work throws is recorded and
 * thrown on. Without telemetry it is only a call.
 */
export function inSpan<T>(
  name: string,
  attributes: Attributes,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  if (tracer === undefined) return work(unrecorded);
  return tracer.startActiveSpan(name, { attributes }, (span) => finish(span, work));
}

export interface ServedRequest {
  method: string;
  /** The pattern, never the path: it is the name of the span. */
  route: string;
  path: string;
  headers: Record<string, string | string[] | undefined>;
}

/** Does the work in a server span that continues the trace of the caller, with its baggage. */
export function inServerSpan<T>(request: ServedRequest, work: (span: Span) => Promise<T>): Promise<T> {
  if (tracer === undefined) return work(unrecorded);
  const caller = propagation.extract(ROOT_CONTEXT, request.headers);
  const attributes: Attributes = {
    'http.request.method': request.method,
    'http.route': request.route,
    'url.path': request.path,
    'url.scheme': 'http',
  };
  const segment = segmentIn(caller);
  if (segment !== undefined) attributes[segmentKey] = segment;
  const options = { kind: SpanKind.SERVER, attributes };
  return tracer.startActiveSpan(`${request.method} ${request.route}`, options, caller, (span) =>
    finish(span, work),
  );
}

/** The span that is active and sampled, so that it can be found: for exemplars. */
export function activeTrace(): { trace_id: string; span_id: string } | undefined {
  const active = trace.getActiveSpan()?.spanContext();
  if (active === undefined || (active.traceFlags & TraceFlags.SAMPLED) === 0) return undefined;
  return { trace_id: active.traceId, span_id: active.spanId };
}

/** The segment that the caller's baggage names. Anything else in it is made up, and ignored. */
export function activeSegment(): Segment | undefined {
  return segmentIn(context.active());
}

/** Does the work with the segment in the baggage, so that every service that is called from it knows. */
export function withSegment<T>(segment: Segment, work: () => T): T {
  if (tracer === undefined) return work();
  const baggage = propagation.getActiveBaggage() ?? propagation.createBaggage();
  const named = baggage.setEntry(segmentKey, { value: segment });
  return context.with(propagation.setBaggage(context.active(), named), work);
}

function segmentIn(carrier: Context): Segment | undefined {
  const value = propagation.getBaggage(carrier)?.getEntry(segmentKey)?.value;
  return segments.find((segment) => segment === value);
}

async function finish<T>(span: OtelSpan, work: (span: Span) => Promise<T>): Promise<T> {
  const handle = handleOf(span);
  try {
    return await work(handle);
  } catch (error) {
    handle.fail(error);
    throw error;
  } finally {
    span.end();
  }
}

function handleOf(span: OtelSpan): Span {
  return {
    set: (attributes) => void span.setAttributes(attributes),
    fail(error) {
      const exception = error instanceof Error ? error : new Error(String(error));
      span.recordException(exception);
      span.setAttribute('error.type', 'code' in exception ? String(exception.code) : exception.name);
      span.setStatus({ code: SpanStatusCode.ERROR, message: exception.message });
    },
  };
}
