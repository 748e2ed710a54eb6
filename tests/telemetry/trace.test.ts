import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Api, startApi } from '../support/api.ts';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../support/otlp.ts';
import { type Payments, startPayments } from '../support/payments.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';

let receiver: OtlpReceiver;
let postgres: Postgres;
let payments: Payments;
let api: Api;

beforeAll(async () => {
  [receiver, postgres] = await Promise.all([startOtlpReceiver(), startPostgres()]);
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '100',
    OTEL_BLRP_SCHEDULE_DELAY: '100',
  };
  payments = await startPayments(env);
  api = await startApi(postgres.url, payments.url, { env });
});
afterAll(async () => {
  await Promise.all([api?.stop(), payments?.stop()]);
  await Promise.all([postgres?.stop(), receiver?.stop()]);
});

/** Buys as a client that is traced itself. */
async function buy(traceId: string, body: object, headers: Record<string, string> = {}) {
  const response = await fetch(`${api.url}/transactions`, {
    method: 'POST',
    headers: { traceparent: `00-${traceId}-00000000000000aa-01`, ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const spansOf = (traceId: string) => receiver.spans.filter((span) => span.traceId === traceId);

/** Waits until the trace has this many spans; every one of it has been ended by then. */
const wholeTrace = (traceId: string, size: number) =>
  vi.waitFor(() => {
    const spans = spansOf(traceId);
    expect(spans.map(({ name }) => name).sort()).toHaveLength(size);
    return spans;
  }, 10_000);

/** The trace as an indented list, children in the order of their start. */
function tree(spans: ReceivedSpan[], parent = '00000000000000aa', depth = 0): string[] {
  return spans
    .filter(({ parentSpanId }) => parentSpanId === parent)
    .sort((a, b) => a.startTimeUnixNano - b.startTimeUnixNano)
    .flatMap((span) => [
      `${'  '.repeat(depth)}${span.service} ${span.name}`,
      ...tree(spans, span.spanId, depth + 1),
    ]);
}

test('a purchase is one trace over both services, down to the statements', async () => {
  const traceId = '1'.repeat(32);
  const { status, headers } = await buy(traceId, { amount: 1250, currency: 'EUR' });
  expect({ status, trace: headers.get('x-trace-id') }).toEqual({ status: 201, trace: traceId });
  const spans = await wholeTrace(traceId, 9);
  expect(tree(spans)).toEqual([
    'api POST /transactions',
    '  api transaction.insert',
    '    api pg.query:insert-transaction app',
    '  api transaction.authorise',
    '    api POST',
    '      payments POST /authorisations',
    '        payments authorisation.decide',
    '  api transaction.settle',
    '    api pg.query:finish-transaction app',
  ]);
  const server = spans.find(({ name }) => name === 'POST /transactions');
  expect(server?.attributes).toMatchObject({
    'http.request.method': 'POST',
    'http.route': '/transactions',
    'http.response.status_code': expect.anything(),
  });
});

test('its log lines have its ids, on stdout and by OTLP', async () => {
  const traceId = '2'.repeat(32);
  await buy(traceId, { amount: 1, currency: 'CHF' }, { baggage: 'user.segment=vip' });
  const lines = api.log().filter(({ trace_id }) => trace_id === traceId);
  expect(lines).toMatchObject([
    { msg: 'transaction', level: 'info', service: 'api', segment: 'vip', span_id: expect.any(String) },
    { msg: 'usage', level: 'info', service: 'api', segment: 'vip', span_id: expect.any(String) },
    { msg: 'request', level: 'info', service: 'api', segment: 'vip', span_id: expect.any(String) },
  ]);
  const sent = await vi.waitFor(() => {
    const found = receiver.logs.filter((record) => record.traceId === traceId);
    expect(found).toHaveLength(5);
    return found;
  }, 10_000);
  expect(sent.map(({ service, body }) => `${service} ${body.stringValue}`).sort()).toEqual([
    'api request',
    'api transaction',
    'api usage',
    'payments authorisation',
    'payments request',
  ]);
  const server = spansOf(traceId).find(({ name }) => name === 'POST /transactions');
  expect(lines.at(-1)?.['span_id']).toBe(server?.spanId);
});

test('the histogram has an exemplar that points to it', async () => {
  const traceId = '3'.repeat(32);
  await buy(traceId, { amount: 1, currency: 'EUR' });
  const response = await fetch(`${api.url}/metrics`);
  expect(response.headers.get('content-type')).toContain('application/openmetrics-text');
  const text = await response.text();
  const bucket = text
    .split('\n')
    .find((one) => one.startsWith('http_request_duration_seconds_bucket') && one.includes(traceId));
  expect(bucket).toMatch(
    /method="POST",route="\/transactions"\} \d+ # \{trace_id="3{32}",span_id="[0-9a-f]{16}"\} /,
  );
  // The names stay those that rules and dashboards use.
  expect(text).toContain('http_requests_total{method="POST",route="/transactions",status="2xx"}');
  expect(text.endsWith('# EOF\n')).toBe(true);
});

test('the segment in the baggage is on the server span of each service, unless it is made up', async () => {
  const [known, madeUp] = ['4'.repeat(32), '5'.repeat(32)];
  await buy(known, { amount: 1, currency: 'EUR' }, { baggage: 'user.segment=regular,other=1' });
  await buy(madeUp, { amount: 1, currency: 'EUR' }, { baggage: 'user.segment=%7Bforged%7D' });
  const segments = (spans: ReceivedSpan[]) =>
    spans.filter(({ kind }) => kind === 2).map(({ attributes }) => attributes['user.segment']);
  expect(segments(await wholeTrace(known, 9))).toEqual(['regular', 'regular']);
  expect(segments(await wholeTrace(madeUp, 9))).toEqual([undefined, undefined]);
});

test('a gateway that fails shows in every span that it spoils, with the exception', async () => {
  const traceId = '6'.repeat(32);
  await payments.fault({ kind: 'errors', rate: 1 });
  expect((await buy(traceId, { amount: 1, currency: 'EUR' })).status).toBe(502);
  await payments.heal();
  const spans = await wholeTrace(traceId, 8);
  const failed = spans.filter(({ status }) => status.code === 2).map(({ name }) => name);
  expect(failed.sort()).toEqual([
    'POST',
    'POST /authorisations',
    'POST /transactions',
    'transaction.authorise',
  ]);
  const exception = (name: string) => spans.find((span) => span.name === name)?.events[0];
  expect(exception('POST /authorisations')).toMatchObject({
    name: 'exception',
    attributes: {
      'exception.message': 'Injected fault: errors',
      'exception.stacktrace': expect.stringContaining('injection.ts'),
    },
  });
  expect(exception('transaction.authorise')?.attributes['exception.message']).toBe('the gateway answers 500');
});

test('what the client does wrong is no error of ours', async () => {
  const traceId = '7'.repeat(32);
  expect((await buy(traceId, { amount: -1, currency: 'EUR' })).status).toBe(400);
  const [span] = await wholeTrace(traceId, 1);
  expect(span).toMatchObject({ name: 'POST /transactions', status: { code: 0 }, events: [] });
});

test('what machines ask every few seconds is not traced', async () => {
  const traceId = '8'.repeat(32);
  const headers = { traceparent: `00-${traceId}-00000000000000aa-01` };
  for (const path of ['/livez', '/metrics', '/health']) await fetch(api.url + path, { headers });
  // /health is asked last and asks the database: when its spans are there, those of the others would be.
  const spans = await wholeTrace(traceId, 2);
  expect(tree(spans)).toEqual(['api GET /health', '  api pg.query:ping app']);
});
