import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { errorAnswer, type RunningApp, startApp, token } from '../testing/harness.ts';

let app: RunningApp;
const crash = vi.fn();
beforeAll(async () => {
  app = await startApp({ crash });
});
afterEach(() => app.faults('DELETE'));
afterAll(() => app?.stop());

const series = (status: string) =>
  `http_requests_total{method="POST",route="/authorisations",status="${status}"}`;

describe('the token', () => {
  test.each([
    ['none', {}],
    ['a wrong one', { authorization: 'Bearer wrong' }],
    ['only its beginning', { authorization: `Bearer ${token.slice(0, -1)}` }],
  ])('%s is refused by every method', async (_, headers) => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const body = method === 'POST' ? { body: '{"kind":"crash"}' } : {};
      const answer = await app.ask(method, '/faults', { headers, ...body });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
    expect(crash).not.toHaveBeenCalled();
  });

  test('without a token file /faults is closed and says how to open it', async () => {
    const own = await startApp({}, { faultsTokens: undefined });
    const { status, json } = await own.faults('GET');
    expect(status).toBe(403);
    expect(errorAnswer.parse(json).error.message).toContain('PAYMENTS_FAULTS_TOKEN_FILE');
    await own.stop();
  });
});

test('errors make authorisations fail, and nothing else', async () => {
  await app.faults('POST', { kind: 'errors', rate: 1 });
  expect((await app.authorise('errors')).status).toBe(500);
  for (const path of ['/livez', '/health', '/metrics']) expect((await app.get(path)).status).toBe(200);
  expect(await app.faults('GET')).toMatchObject({ json: { faults: [{ kind: 'errors', rate: 1 }] } });
  await app.faults('POST', { kind: 'errors', rate: 0.4 });
  expect((await app.authorise('errors')).status).toBe(201);
});

test('latency delays authorisations, which the histogram shows', async () => {
  await app.faults('POST', { kind: 'latency', ms: 300 });
  const started = performance.now();
  expect((await app.authorise('slow')).status).toBe(201);
  expect(performance.now() - started).toBeGreaterThanOrEqual(295);
  const bucket = (le: string) =>
    app.metric(`http_request_duration_seconds_bucket{le="${le}",method="POST",route="/authorisations"}`);
  expect((await bucket('+Inf')) ?? 0).toBeGreaterThan((await bucket('0.25')) ?? 0);
});

describe('an authorisation that hangs', () => {
  test.each([
    ['hang', { kind: 'hang' }],
    ['latency beyond the patience of the caller', { kind: 'latency', ms: 60_000 }],
  ])('by %s is counted as failed as soon as its caller gives up', async (_, fault) => {
    await app.faults('POST', fault);
    const before = (await app.metric(series('5xx'))) ?? 0;
    await expect(app.authorise('hanging', undefined, AbortSignal.timeout(200))).rejects.toThrow();
    await expect.poll(() => app.metric(series('5xx'))).toBe(before + 1);
    expect(app.log().findLast(({ route }) => route === '/authorisations')).toMatchObject({
      level: 'warn',
      status: 504,
      code: 'client_gone',
    });
  });

  test('is answered again once the fault is cleared', async () => {
    await app.faults('POST', { kind: 'hang' });
    await expect(app.authorise('cleared', undefined, AbortSignal.timeout(100))).rejects.toThrow();
    await app.faults('DELETE');
    expect((await app.authorise('cleared')).status).toBe(201);
  });

  test('does not hold the end of the process', async () => {
    const own = await startApp();
    await own.faults('POST', { kind: 'hang' });
    const hanging = own.authorise('stopping').catch(() => 'closed');
    await expect.poll(() => own.metric('http_requests_in_flight')).toBe(2);
    const started = performance.now();
    await own.stop();
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(await hanging).toBe('closed');
  });
});

test('crash answers first and then ends the process', async () => {
  expect(await app.faults('POST', { kind: 'crash' })).toMatchObject({
    status: 202,
    json: { crashing: true },
  });
  await vi.waitFor(() => expect(crash).toHaveBeenCalledOnce());
});

test.each([
  [{ kind: 'errors', rate: 1.5 }, 'rate is 1.5: give 1 or less'],
  [{ kind: 'errors' }, 'rate is missing: give a number from 0 to 1'],
  [{ kind: 'latency', ms: 70_000 }, 'ms is 70000: give 60000 or less'],
  [{ kind: 'hang', rate: -1 }, 'rate is -1: give 0 or more'],
  [{ kind: 'errors', rate: 1, sticky: true }, 'sticky is not known here: remove it or correct its spelling'],
  [
    { kind: 'panic' },
    'kind is "panic": give kind "errors" (with rate), "latency" (with ms and optionally rate), "hang" (optionally with rate) or "crash"',
  ],
])('a fault such as %j is refused with the remedy', async (body, message) => {
  const { status, json } = await app.faults('POST', body);
  expect(status).toBe(400);
  expect(errorAnswer.parse(json).error.message).toBe(message);
});
