/**
 * An OTLP/HTTP receiver of one's own: what a tracing backend is to a service, with every way in which one can fail. It
 * reads JSON (OTEL_EXPORTER_OTLP_PROTOCOL=http/json, or `encoding: json` of the Collector's otlphttp exporter).
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const attributes = z
  .array(z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) }))
  .default([])
  .transform((pairs) => {
    const read = pairs.map(
      ({ key, value }) => [key, scalar.safeParse(Object.values(value)[0]).data] as const,
    );
    return Object.fromEntries(read);
  });
const resource = z.object({ attributes });
const hexId = z.string().regex(/^([0-9a-f]{16}|[0-9a-f]{32})$/);

const span = z.object({
  traceId: hexId,
  spanId: hexId,
  parentSpanId: hexId.or(z.literal('')).optional(),
  name: z.string(),
  kind: z.number(),
  startTimeUnixNano: z.union([z.string(), z.number()]).transform(Number),
  endTimeUnixNano: z.union([z.string(), z.number()]).transform(Number),
  attributes,
  events: z.array(z.object({ name: z.string(), attributes })).default([]),
  links: z.array(z.object({ traceId: hexId, spanId: hexId })).default([]),
  status: z
    .object({ code: z.number().default(0), message: z.string().default('') })
    .default({ code: 0, message: '' }),
});
const logRecord = z.object({
  traceId: hexId.or(z.literal('')).optional(),
  spanId: hexId.or(z.literal('')).optional(),
  severityText: z.string().optional(),
  body: z.object({ stringValue: z.string() }),
  attributes,
});

const traces = z.object({
  resourceSpans: z
    .array(z.object({ resource, scopeSpans: z.array(z.object({ spans: z.array(span).default([]) })) }))
    .default([]),
});
const logs = z.object({
  resourceLogs: z
    .array(
      z.object({ resource, scopeLogs: z.array(z.object({ logRecords: z.array(logRecord).default([]) })) }),
    )
    .default([]),
});

export type ReceivedSpan = z.infer<typeof span> & { service: string };
export type ReceivedLog = z.infer<typeof logRecord> & { service: string };
/** Takes what it gets, and keeps it or not; answers 503; answers after some time; takes the connection and never answers. */
export type Behaviour = { kind: 'accept' | 'discard' | 'refuse' | 'hang' } | { kind: 'slow'; ms: number };

export interface OtlpReceiver {
  /** http://127.0.0.1:port, for OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  readonly port: number;
  behaviour: Behaviour;
  /** Everything received so far. */
  readonly spans: ReceivedSpan[];
  readonly logs: ReceivedLog[];
  /** How many exports were asked for, whatever became of them. */
  readonly asked: number;
  stop(): Promise<void>;
}

/** Starts one; on 127.0.0.1 unless containers have to reach it. */
export async function startOtlpReceiver(host = '127.0.0.1'): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const records: ReceivedLog[] = [];
  const state = { behaviour: { kind: 'accept' } as Behaviour, asked: 0 };

  const keep = (path: string, body: unknown) => {
    if (path === '/v1/traces')
      for (const { resource, scopeSpans } of traces.parse(body).resourceSpans) {
        const service = String(resource.attributes['service.name']);
        for (const scope of scopeSpans) spans.push(...scope.spans.map((one) => ({ ...one, service })));
      }
    if (path === '/v1/logs')
      for (const { resource, scopeLogs } of logs.parse(body).resourceLogs) {
        const service = String(resource.attributes['service.name']);
        for (const scope of scopeLogs) records.push(...scope.logRecords.map((one) => ({ ...one, service })));
      }
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    state.asked += 1;
    const { behaviour } = state;
    const body = await readBody(request);
    if (behaviour.kind === 'hang') return;
    if (behaviour.kind === 'refuse') {
      response.writeHead(503).end();
      return;
    }
    if (behaviour.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, behaviour.ms));
    if (behaviour.kind !== 'discard') keep(request.url ?? '', JSON.parse(body));
    // In the format of the question, as the specification has it: an empty message of protobuf is no bytes.
    const type = request.headers['content-type'] ?? '';
    response.writeHead(200, { 'content-type': type }).end(type.includes('json') ? '{}' : '');
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      process.stderr.write(`OTLP receiver: ${String(error)}\n`);
      response.writeHead(400).end();
    });
  });
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { port } = address;

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    get behaviour() {
      return state.behaviour;
    },
    set behaviour(behaviour) {
      state.behaviour = behaviour;
    },
    get asked() {
      return state.asked;
    },
    spans,
    logs: records,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  const source = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request;
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
