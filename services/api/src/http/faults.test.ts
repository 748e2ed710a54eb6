import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Postgres, startPostgres } from '../../../../tests/support/postgres.ts';
import { errorAnswer, type RunningApp, startApp, token } from '../testing/harness.ts';
import { sql } from '../testing/sql.ts';

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

describe('a slow database', () => {
  test('is slow in the database, for every statement, also after a restart, until it is cleared', async () => {
    const url = await postgres.createDatabase('slow');
    const first = await startApp(url);
    const fault = { kind: 'slow_database', ms: 300, sticky: true };
    expect((await first.faults('POST', { kind: 'slow_database', ms: 300 })).json).toEqual({
      faults: [fault],
    });
    await first.stop();

    const second = await startApp(url);
    const asked = second.get('/transactions');
    const sleeping = `select 1 from pg_stat_activity where datname = 'slow' and query like 'select pg_sleep%' and state = 'active'`;
    await expect.poll(async () => (await sql(url, sleeping)).length, { interval: 10 }).toBe(1);
    expect(await asked).toMatchObject({ status: 200 });
    expect(await second.metric('db_query_duration_seconds_sum{operation="select"}')).toBeGreaterThan(0.3);
    expect(await second.faults('DELETE')).toMatchObject({ status: 200, json: { faults: [] } });
    const quick = 'db_query_duration_seconds_bucket{le="0.25",operation="select"}';
    const before = (await second.metric(quick)) ?? 0;
    await second.get('/transactions');
    expect(await second.metric(quick)).toBe(before + 1);
    await second.stop();
  });

  test('that is slower than a statement may be is 503, and can still be cleared', async () => {
    await app.faults('POST', { kind: 'slow_database', ms: 5_000 });
    expect(await app.get('/transactions')).toMatchObject({ status: 503 });
    expect(await app.metric('db_queries_total{operation="select",outcome="error"}')).toBeGreaterThan(0);
    expect(await app.faults('DELETE')).toMatchObject({ status: 200, json: { faults: [] } });
    expect(await app.get('/transactions')).toMatchObject({ status: 200 });
  });
});

describe('an exhausted pool', () => {
  const pool = (state: string) => app.metric(`db_pool_connections{state="${state}"}`);

  test('of which one connection is left still serves', async () => {
    await app.faults('POST', { kind: 'pool', connections: 9 });
    await expect.poll(async () => ((await pool('total')) ?? 0) - ((await pool('idle')) ?? 0)).toBe(9);
    expect(await app.get('/transactions')).toMatchObject({ status: 200 });
  });

  test('of which none is left is 503, until it is cleared', async () => {
    await app.faults('POST', { kind: 'pool', connections: 10 });
    await expect.poll(async () => ((await pool('total')) ?? 0) - ((await pool('idle')) ?? 0)).toBe(10);
    const took = () => app.metric('db_query_duration_seconds_count{operation="select"}');
    const failed = async (outcome: string) =>
      (await app.metric(`db_queries_total{operation="select",outcome="${outcome}"}`)) ?? 0;
    const before = {
      took: await took(),
      error: await failed('error'),
      starved: await failed('pool_exhausted'),
    };
    const asked = app.get('/transactions');
    await expect.poll(() => pool('waiting'), { interval: 5 }).toBe(1);
    expect(await asked).toMatchObject({ status: 503 });
    // The database was not asked, so it is neither slow nor away: DatabaseSlow and DatabaseDown would hold the restart
    // that heals this.
    expect({
      took: await took(),
      error: await failed('error'),
      starved: await failed('pool_exhausted'),
    }).toEqual({ ...before, starved: before.starved + 1 });
    expect(await app.faults('DELETE')).toMatchObject({ status: 200, json: { faults: [] } });
    expect(await app.get('/transactions')).toMatchObject({ status: 200 });
  });

  test('stays so when the database is restarted', async () => {
    await app.faults('POST', { kind: 'pool', connections: 10 });
    await expect.poll(async () => ((await pool('total')) ?? 0) - ((await pool('idle')) ?? 0)).toBe(10);
    await postgres.restart();
    // One that was still connecting has lost its place to whoever came first, and takes it again.
    await expect.poll(async () => (await app.get('/transactions')).status, { timeout: 5_000 }).toBe(503);
    expect(await app.get('/transactions')).toMatchObject({ status: 503 });
    await app.faults('DELETE');
    await expect.poll(async () => (await app.get('/transactions')).status).toBe(200);
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
    'kind is "panic": give "errors" (with rate), "latency" (ms, rate), "block" (ms, every_ms), ' +
      '"leak" (mb_per_minute, max_mb), "pool" (connections), "slow_database" (ms) or "crash"',
  ],
  [
    { kind: 'block', ms: 950 },
    'ms is 950: give at most nine tenths of every_ms, or DELETE /faults would never run',
  ],
  [{ kind: 'block', ms: 9000, every_ms: 60_000 }, 'ms is 9000: give 5000 or less'],
  [{ kind: 'leak', mb_per_minute: 0 }, 'mb_per_minute is 0: give 1 or more'],
  [{ kind: 'leak', mb_per_minute: 1, max_mb: 5000 }, 'max_mb is 5000: give 4096 or less'],
  [{ kind: 'leak', mb_per_minute: 1, sticky: true }, 'sticky is true: leave it out: a leak cannot be sticky'],
  [{ kind: 'pool', connections: 11 }, 'connections is 11: give 10 or less: the pool has no more'],
  [{ kind: 'slow_database', ms: 6000 }, 'ms is 6000: give 5000 or less'],
  [
    { kind: 'slow_database', ms: 1, sticky: false },
    'sticky is false: leave it out: a restart of the api does not make a database faster',
  ],
])('a fault such as %j is refused with the remedy', async (body, message) => {
  const { status, json } = await app.faults('POST', body);
  expect(status).toBe(400);
  expect(errorAnswer.parse(json).error.message).toBe(message);
});
