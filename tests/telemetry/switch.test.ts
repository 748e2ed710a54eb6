import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Api, startApi } from '../support/api.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';

const nowhere = 'http://127.0.0.1:9';
const folder = mkdtempSync(join(tmpdir(), 'telemetry-switch-'));
let postgres: Postgres;
let receiver: OtlpReceiver;
let api: Api | undefined;

beforeAll(async () => {
  [postgres, receiver] = await Promise.all([startPostgres(), startOtlpReceiver()]);
});
afterEach(() => api?.stop());
afterAll(async () => {
  await Promise.all([postgres?.stop(), receiver?.stop()]);
  rmSync(folder, { recursive: true });
});

const start = async (env: Record<string, string>, nodeArguments: string[] = []) => {
  api = await startApi(postgres.url, nowhere, { env, nodeArguments });
  return api;
};

describe('without a place to send it to', () => {
  /** Notes every module that is loaded, of both kinds. */
  const loaded = join(folder, 'loaded');
  const spy = join(folder, 'spy.mjs');
  writeFileSync(
    spy,
    `import { appendFileSync } from 'node:fs'; import { registerHooks } from 'node:module';
     registerHooks({ load(url, context, next) { appendFileSync(${JSON.stringify(loaded)}, url + '\\n'); return next(url, context); } });`,
  );

  test.each([
    ['nothing is set', {}],
    ['the endpoint is empty', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
    ['the SDK is disabled', { OTEL_EXPORTER_OTLP_ENDPOINT: nowhere, OTEL_SDK_DISABLED: 'true' }],
  ])('the SDK is not imported: %s', async (_, env) => {
    rmSync(loaded, { force: true });
    const { url } = await start(env, ['--import', spy]);
    const answer = await fetch(`${url}/metrics`);
    expect(answer.headers.get('content-type')).toContain('text/plain');
    // There is no trace to lead to.
    expect((await fetch(`${url}/transactions`)).headers.has('x-trace-id')).toBe(false);
    const modules = readFileSync(loaded, 'utf8');
    expect(modules).toContain('/pino/');
    // The API package, all calls of which do nothing, comes with prom-client.
    expect(modules).not.toMatch(/@opentelemetry\/(?!api\/)|import-in-the-middle/);
  });

  test('with one, it is', async () => {
    rmSync(loaded, { force: true });
    await start({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }, ['--import', spy]);
    expect(readFileSync(loaded, 'utf8')).toContain('/@opentelemetry/sdk-node/');
  });
});

test('OTEL_LOGS_EXPORTER=none sends no logs, and the lines have their ids all the same', async () => {
  const { url, log } = await start({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '50',
    OTEL_LOGS_EXPORTER: 'none',
  });
  const traceId = 'a'.repeat(32);
  await fetch(`${url}/transactions`, { headers: { traceparent: `00-${traceId}-00000000000000aa-01` } });
  await vi.waitFor(() => expect(receiver.spans.some((span) => span.traceId === traceId)).toBe(true), 10_000);
  await api?.terminate();
  expect(receiver.logs).toEqual([]);
  expect(log().filter(({ trace_id }) => trace_id === traceId)).toHaveLength(1);
});

test('sampling leaves the ids of the trace in the log, and neither spans nor exemplars', async () => {
  const { url, log, metrics } = await start({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0',
  });
  const before = receiver.spans.length;
  await fetch(`${url}/transactions`);
  expect(log().at(-1)).toMatchObject({ msg: 'request', trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) });
  expect(await metrics()).not.toContain('# {trace_id');
  await api?.terminate();
  expect(receiver.spans).toHaveLength(before);
});

describe('asked to stop', () => {
  const env = () => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    // So long that only the end can have sent it.
    OTEL_BSP_SCHEDULE_DELAY: '60000',
    OTEL_BLRP_SCHEDULE_DELAY: '60000',
  });

  test('it sends what is queued, down to the last line', async () => {
    const traceId = 'b'.repeat(32);
    const { url, terminate } = await start(env());
    await fetch(`${url}/transactions`, { headers: { traceparent: `00-${traceId}-00000000000000aa-01` } });
    const { code, ms } = await terminate();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(2_000);
    expect(receiver.spans.filter((span) => span.traceId === traceId)).toHaveLength(2);
    expect(receiver.logs.map(({ body }) => body.stringValue)).toContain('stopped');
  });

  test.each(['hang', 'refuse'] as const)('it is gone within 2 s where the backend would %s', async (kind) => {
    const { url, terminate } = await start(env());
    receiver.behaviour = { kind };
    await fetch(`${url}/transactions`);
    const { code, ms } = await terminate();
    receiver.behaviour = { kind: 'accept' };
    expect(code).toBe(0);
    expect(ms).toBeLessThan(2_000);
  });
});

test('a wrong value is one line with every problem, and exit code 2', async () => {
  const refused = start({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
    OTEL_TRACES_SAMPLER: 'ratio',
    OTEL_TRACES_SAMPLER_ARG: '10',
    OTEL_SERVICE_NAME: 'shop-api',
  });
  await expect(refused).rejects.toThrow(
    'api ended with 2 before it listened: api: OTEL_EXPORTER_OTLP_ENDPOINT is "collector:4318": give http://host:port ' +
      'of an OTLP receiver, for example http://127.0.0.1:4318; OTEL_TRACES_SAMPLER is "ratio": give one of always_on, ' +
      'always_off, traceidratio, parentbased_always_on, parentbased_always_off, parentbased_traceidratio; ' +
      'OTEL_TRACES_SAMPLER_ARG is "10": give a share from 0 to 1, for example 0.1; OTEL_SERVICE_NAME is "shop-api": ' +
      'leave it out: metrics and logs call this service "api" too\n',
  );
});

test('a backend that is away is told on stderr in JSON, and not over and over', async () => {
  const { url, said, terminate } = await start({
    OTEL_EXPORTER_OTLP_ENDPOINT: nowhere,
    OTEL_EXPORTER_OTLP_TIMEOUT: '300',
    OTEL_BSP_SCHEDULE_DELAY: '20',
    OTEL_LOGS_EXPORTER: 'none',
  });
  await vi.waitFor(
    async () => {
      expect((await fetch(`${url}/transactions`)).status).toBe(200);
      expect(said()).toContain('ECONNREFUSED');
    },
    { timeout: 10_000, interval: 50 },
  );
  await terminate();
  const lines = said().trim().split('\n');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'error', service: 'api', msg: 'telemetry' });
});
