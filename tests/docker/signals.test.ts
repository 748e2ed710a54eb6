import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { freePort } from '../../packages/service/src/testing/free-port.ts';
import { type Api, startApi } from '../support/api.ts';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../support/otlp.ts';
import { type Payments, startPayments } from '../support/payments.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { docker, requireEngine } from './support/containers.ts';

const IMAGE = process.env['DOCKER_TEST_COLLECTOR_IMAGE'] ?? 'otel/opentelemetry-collector:0.159.0';
const root = join(import.meta.dirname, '../..');

describe('one purchase through the real OpenTelemetry Collector', () => {
  let receiver: OtlpReceiver;
  let postgres: Postgres;
  let payments: Payments;
  let api: Api;
  let collector: string;
  let env: Record<string, string>;
  const folder = mkdtempSync(join(tmpdir(), 'signals-'));

  beforeAll(async () => {
    await requireEngine();
    [receiver, postgres] = await Promise.all([startOtlpReceiver(), startPostgres()]);
    const port = await freePort();
    const config = join(folder, 'collector.yml');
    writeFileSync(config, collectorConfig(port, receiver.url), { mode: 0o644 });
    collector = await docker(
      ...['run', '--detach', '--network=host', `--volume=${config}:/etc/collector.yml:ro`],
      ...[IMAGE, '--config=/etc/collector.yml'],
    );
    env = {
      // The protocol that the Collector gets in Compose too: protobuf, the default.
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_BLRP_SCHEDULE_DELAY: '100',
    };
    await vi.waitFor(() => fetch(`http://127.0.0.1:${port}/`), { timeout: 30_000, interval: 100 });
    payments = await startPayments(env);
    api = await startApi(postgres.url, payments.url, { env });
  });
  afterAll(async () => {
    await Promise.all([api?.stop(), payments?.stop()]);
    await Promise.all([postgres?.stop(), receiver?.stop()]);
    if (collector !== undefined) await docker('rm', '--force', collector);
    rmSync(folder, { recursive: true });
  });

  /** Lets one simulated user buy until a purchase has succeeded, and answers the spans of that trace. */
  async function purchase(): Promise<ReceivedSpan[]> {
    const options = [
      '--users',
      '1',
      '--rate',
      '5',
      '--mix',
      'buy=1',
      '--for',
      '2s',
      '--output',
      'json',
      '--listen',
      'none',
    ];
    const traffic = spawn(
      process.execPath,
      [join(root, 'services/traffic/src/index.ts'), '--url', api.url, ...options],
      { env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'ignore', 'inherit'] },
    );
    expect(await once(traffic, 'close')).toEqual([0, null]);
    return vi.waitFor(() => {
      const first = receiver.spans.find(
        ({ name, attributes }) => name === 'buy' && attributes['action.outcome'] === 'ok',
      );
      const spans = receiver.spans.filter(({ traceId }) => traceId === first?.traceId);
      expect(spans.map(({ name }) => name)).toHaveLength(11);
      return spans;
    }, 30_000);
  }

  test('is one trace over three services, its log lines carry its ids, and an exemplar points to it', async () => {
    const spans = await purchase();
    expect(tree(spans)).toEqual([
      'traffic buy',
      '  traffic POST',
      '    api POST /transactions',
      '      api transaction.insert',
      '        api pg.query:claim-idempotency-key app',
      '      api transaction.authorise',
      '        api POST',
      '          payments POST /authorisations',
      '            payments authorisation.decide',
      '      api transaction.settle',
      '        api pg.query:finish-keyed-transaction app',
    ]);
    const traceId = spans[0]?.traceId ?? '';

    const segments = spans.map(({ service, attributes }) => [service, attributes['user.segment']] as const);
    const known = new Map(segments.filter(([, segment]) => segment !== undefined));
    expect([...known.keys()].sort()).toEqual(['api', 'payments', 'traffic']);
    expect(new Set(known.values()).size).toBe(1);

    const lines = await vi.waitFor(() => {
      const found = receiver.logs.filter((record) => record.traceId === traceId);
      expect(found.length).toBeGreaterThanOrEqual(4);
      return found;
    }, 30_000);
    const ids = new Set(spans.map(({ spanId }) => spanId));
    for (const { spanId, attributes } of lines) {
      expect(ids).toContain(spanId);
      expect(attributes['segment']).toBe(known.get('api'));
    }
    expect(new Set(lines.map(({ service }) => service))).toEqual(new Set(['api', 'payments']));
    // What a container prints, which is what Alloy reads.
    const printed = api.log().filter(({ trace_id }) => trace_id === traceId);
    expect(printed).toContainEqual(
      expect.objectContaining({
        msg: 'transaction',
        service: 'api',
        level: 'info',
        segment: known.get('api'),
      }),
    );

    const exemplars = (await api.metrics()).matchAll(
      /^http_request_duration_seconds_bucket\{.*route="\/transactions"\} \d+ # \{trace_id="(\w+)"/gm,
    );
    const pointed = [...exemplars].map(([, id = '']) => id);
    // A bucket keeps its newest: each points to a trace that the backend has.
    expect(pointed.length).toBeGreaterThan(0);
    await vi.waitFor(() => {
      const purchases = receiver.spans.filter(({ name }) => name === 'buy').map((span) => span.traceId);
      for (const id of pointed) expect(purchases).toContain(id);
    }, 30_000);
  });
});

/** What deploy/collector/collector.yml has, with a receiver that reads JSON in the place of Tempo and Loki. */
function collectorConfig(port: number, target: string): string {
  return `
receivers: { otlp: { protocols: { http: { endpoint: 127.0.0.1:${port} } } } }
processors:
  memory_limiter: { check_interval: 1s, limit_mib: 96, spike_limit_mib: 20 }
  batch: { timeout: 200ms }
exporters: { otlp_http: { endpoint: '${target}', encoding: json } }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp], processors: [memory_limiter, batch], exporters: [otlp_http] }
    logs: { receivers: [otlp], processors: [memory_limiter, batch], exporters: [otlp_http] }
`;
}

/** The trace as an indented list, children in the order of their start. */
function tree(spans: ReceivedSpan[], parent = '', depth = 0): string[] {
  return spans
    .filter(({ parentSpanId = '' }) => parentSpanId === parent)
    .sort((a, b) => a.startTimeUnixNano - b.startTimeUnixNano)
    .flatMap((span) => [
      `${'  '.repeat(depth)}${span.service} ${span.name}`,
      ...tree(spans, span.spanId, depth + 1),
    ]);
}
