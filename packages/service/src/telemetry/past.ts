import { createHash, randomBytes } from 'node:crypto';
import {
  type Link,
  propagation,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { Attributes } from './tracing.ts';

// Spans of work that is told of only when it is over, under ids that follow from what it was. So a trace can be of days, and go
// on in the process after the one that began it: nothing of it is kept but the log that the work has anyway.

/** A trace whose first span is known by its id before it is over. */
export interface PastTrace {
  /** 32 hex digits. */
  traceId: string;
  /** Names of spans; each is unique within its trace. */
  root: string;
}

export interface PastSpan {
  of: PastTrace;
  /** Unique in its trace, such as `attempt 7`; the trace's `root` for the first one. */
  key: string;
  /** The key of the span that it belongs to; else the root. */
  parent?: string;
  name: string;
  kind?: 'internal' | 'server' | 'client';
  /** Milliseconds since the epoch. */
  from: number;
  to: number;
  attributes: Attributes;
  links?: readonly PastLink[];
  /** Why it failed, if it did. */
  failure?: string | undefined;
}
/** Another span: by its trace and key, or as a `traceparent` header has it. */
export type PastLink = { of: PastTrace; key: string } | { traceparent: string };

/** Ids as the SDK asks for them: random, unless the next span is one of ours. */
let next: { traceId: string; spanId: string } | null = null;
export const ids = {
  generateTraceId: () => next?.traceId ?? randomBytes(16).toString('hex'),
  generateSpanId: () => next?.spanId ?? randomBytes(8).toString('hex'),
};

let tracer: Tracer | undefined;

/** Called once, by the telemetry that was started. */
export function connectPast(name: string): void {
  tracer = trace.getTracer(name);
}

/** Hands a span to the exporter; without telemetry it does nothing. */
export function recordSpan(span: PastSpan): void {
  if (tracer === undefined) return;
  const { of, key, parent = of.root, name, from, to, attributes, failure } = span;
  const options = {
    kind: KINDS[span.kind ?? 'internal'],
    // As a date: a number from before this process began would be taken for one of its own clock.
    startTime: new Date(from),
    attributes,
    links: (span.links ?? []).flatMap(linkOf),
  };
  const started =
    key === of.root
      ? startAs(tracer, of, key, name, { ...options, root: true })
      : startAs(
          tracer,
          of,
          key,
          name,
          options,
          trace.setSpanContext(ROOT_CONTEXT, parentOf(tracer, of, parent)),
        );
  if (failure !== undefined) started.setStatus({ code: SpanStatusCode.ERROR, message: failure });
  started.end(new Date(Math.max(from, to)));
}

const KINDS = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER, client: SpanKind.CLIENT };

/** The root is not over yet: one that is begun and never ended tells whether the sampler wants its trace. */
function parentOf(from: Tracer, of: PastTrace, parent: string): SpanContext {
  const { traceFlags } = startAs(from, of, of.root, of.root, { root: true }).spanContext();
  return { traceId: of.traceId, spanId: spanIdOf(of, parent), traceFlags };
}

function startAs(from: Tracer, of: PastTrace, key: string, ...rest: Parameters<Tracer['startSpan']>) {
  next = { traceId: of.traceId, spanId: spanIdOf(of, key) };
  try {
    return from.startSpan(...rest);
  } finally {
    next = null;
  }
}

function linkOf(link: PastLink): Link[] {
  if ('of' in link)
    return [
      {
        context: {
          traceId: link.of.traceId,
          spanId: spanIdOf(link.of, link.key),
          traceFlags: TraceFlags.SAMPLED,
        },
      },
    ];
  const carrier = { traceparent: link.traceparent };
  const context = trace.getSpanContext(propagation.extract(ROOT_CONTEXT, carrier));
  return context === undefined ? [] : [{ context }];
}

const spanIdOf = ({ traceId }: PastTrace, key: string): string => hash(`${traceId} ${key}`, 16);

/** The id of a trace that follows from what it is about, which must be unique. */
export const traceIdOf = (about: string): string => hash(about, 32);

const hash = (text: string, digits: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, digits);
