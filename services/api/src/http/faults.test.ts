import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Postgres, startPostgres } from '../../../../tests/support/postgres.ts';
import { errorAnswer, type RunningApp, startApp, token } from '../testing/harness.ts';

let postgres: Postgres;
let app: RunningApp;
const crash = vi.fn();

beforeAll(async () => {
  postgres = await startPostgres();
  app = await startApp(postgres.url, { crash });
});
afterEach(() => app.faults('DELETE'));
afterAll(async () => {
  await app?.stop();
  await postgres?.stop();
});

describe('the token', () => {
  test.each([
    ['none', {}],
    ['a wrong one', { authorization: 'Bearer wrong' }],
    ['another scheme', { authorization: `Basic ${token}` }],
    ['an empty one', { authorization: 'Bearer ' }],
    ['only its beginning', { authorization: `Bearer ${token.slice(0, -1)}` }],
  ])('%s is refused by every method', async (_, headers) => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const answer = await app.ask(
        method,
        '/faults',
        method === 'POST' ? '{"kind":"crash"}' : undefined,
        headers,
      );
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
    expect(crash).not.toHaveBeenCalled();
  });

  test('any line of the token file is accepted, so that tokens can be rotated', async () => {
    const own = await startApp(postgres.url, {}, { faultsTokens: ['old', 'new'] });
    for (const one of ['old', 'new'])
      expect(await own.ask('GET', '/faults', undefined, { authorization: `Bearer ${one}` })).toMatchObject({
        status: 200,
      });
    await own.stop();
  });

  test('without a token file /faults is closed and says how to open it', async () => {
    const own = await startApp(postgres.url, {}, { faultsTokens: undefined });
    const { status, json } = await own.faults('GET');
    expect(status).toBe(403);
    expect(errorAnswer.parse(json).error.message).toContain('API_FAULTS_TOKEN_FILE');
    await own.stop();
  });

  test('is never logged', () => {
    expect(JSON.stringify(app.log())).not.toContain(token);
  });
});

describe('a fault in the process', () => {
  test('errors make the transaction routes fail, and no other', async () => {
    await app.faults('POST', { kind: 'errors', rate: 1 });
    for (const path of ['/transactions', '/transactions/00000000-0000-4000-8000-000000000000'])
      expect(await app.get(path)).toMatchObject({ status: 500 });
    expect(await app.ask('POST', '/transactions/create')).toMatchObject({ status: 500 });
    for (const path of ['/livez', '/health', '/metrics'])
      expect(await app.get(path)).toMatchObject({ status: 200 });
    expect(await app.faults('GET')).toMatchObject({
      status: 200,
      json: { faults: [{ kind: 'errors', rate: 1, sticky: false }] },
    });
  });

  test('rate 0 fails nothing, and a rate below the random number neither', async () => {
    await app.faults('POST', { kind: 'errors', rate: 0 });
    expect(await app.get('/transactions')).toMatchObject({ status: 200 });
    await app.faults('POST', { kind: 'errors', rate: 0.4 });
    expect(await app.get('/transactions')).toMatchObject({ status: 200 });
    await app.faults('POST', { kind: 'errors', rate: 0.6 });
    expect(await app.get('/transactions')).toMatchObject({ status: 500 });
  });

  test('latency delays the transaction routes, which the histogram shows', async () => {
    await app.faults('POST', { kind: 'latency', ms: 300 });
    const started = performance.now();
    expect(await app.get('/transactions')).toMatchObject({ status: 200 });
    expect(performance.now() - started).toBeGreaterThanOrEqual(295);
    const over = 'http_request_duration_seconds_bucket{le="0.25",method="GET",route="/transactions"}';
    const all = 'http_request_duration_seconds_bucket{le="+Inf",method="GET",route="/transactions"}';
    expect((await app.metric(all)) ?? 0).toBeGreaterThan((await app.metric(over)) ?? 0);
  });

  test('is healed by a restart', async () => {
    const first = await startApp(postgres.url);
    await first.faults('POST', { kind: 'errors', rate: 1, sticky: false });
    expect(await first.get('/transactions')).toMatchObject({ status: 500 });
    await first.stop();
    const second = await startApp(postgres.url);
    expect(await second.get('/transactions')).toMatchObject({ status: 200 });
    await second.stop();
  });

  test('is cleared by DELETE', async () => {
    await app.faults('POST', { kind: 'errors', rate: 1 });
    expect(await app.faults('DELETE')).toMatchObject({ status: 200, json: { faults: [] } });
    expect(await app.get('/transactions')).toMatchObject({ status: 200 });
  });

  test('crash answers first and then ends the process', async () => {
    const { status, json } = await app.faults('POST', { kind: 'crash' });
    expect({ status, json }).toMatchObject({ status: 202, json: { crashing: true } });
    await vi.waitFor(() => expect(crash).toHaveBeenCalledOnce());
  });
});

describe('a sticky fault', () => {
  test('survives a restart, applies to the first request, and DELETE ends it for good', async () => {
    const url = await postgres.createDatabase('sticky');
    const first = await startApp(url);
    const fault = { kind: 'errors', rate: 1, sticky: true };
    const slow = { kind: 'latency', ms: 5, rate: 0.25, sticky: true };
    await first.faults('POST', fault);
    await first.faults('POST', slow);
    await first.stop();

    const second = await startApp(url);
    expect(await second.get('/transactions')).toMatchObject({ status: 500 });
    expect(await second.faults('GET')).toMatchObject({ json: { faults: [fault, slow] } });
    await second.faults('DELETE');
    expect(await second.get('/transactions')).toMatchObject({ status: 200 });
    await second.stop();

    const third = await startApp(url);
    expect(await third.faults('GET')).toMatchObject({ json: { faults: [] } });
    await third.stop();
  });

  test('is set aside by one in memory until the next restart', async () => {
    const url = await postgres.createDatabase('aside');
    const first = await startApp(url);
    await first.faults('POST', { kind: 'errors', rate: 1, sticky: true });
    await first.faults('POST', { kind: 'errors', rate: 0 });
    expect(await first.get('/transactions')).toMatchObject({ status: 200 });
    await first.stop();
    const second = await startApp(url);
    expect(await second.get('/transactions')).toMatchObject({ status: 500 });
    await second.stop();
  });
});

test.each([
  [{ kind: 'errors', rate: 1.5 }, 'rate is 1.5: give 1 or less'],
  [{ kind: 'errors' }, 'rate is missing: give a number from 0 to 1'],
  [{ kind: 'latency', ms: 0 }, 'ms is 0: give 1 or more'],
  [{ kind: 'latency', ms: 70_000 }, 'ms is 70000: give 60000 or less'],
  [{ kind: 'errors', rate: 1, stikcy: true }, 'stikcy is not known here: remove it or correct its spelling'],
  [{ kind: 'crash', sticky: true }, 'sticky is true: leave it out: a crash cannot be sticky'],
  [
    { kind: 'panic' },
    'kind is "panic": give kind "errors" (with rate), "latency" (with ms and optionally rate) or "crash"',
  ],
])('a fault such as %j is refused with the remedy', async (body, message) => {
  const { status, json } = await app.faults('POST', body);
  expect(status).toBe(400);
  expect(errorAnswer.parse(json).error.message).toBe(message);
});
