import { unmatchedMethods } from '@shop/service/http/router';
import { statusClasses } from '@shop/service/metrics';
import { afterAll, describe, expect, test } from 'vitest';
import { errorAnswer, type RunningApp, startApp, startShop } from '../testing/harness.ts';

const { app, postgres, stop } = await startShop();
afterAll(stop);

describe('metrics', () => {
  test('every route, method and status class exists at 0 before the first request', async () => {
    const fresh = await startApp(postgres.url);
    const { text } = await fresh.get('/metrics');
    // Hono's own list of what is registered: a route added by any means is in it.
    const registered = fresh.router.routes.filter(({ path }) => path !== '/*' && path !== '*');
    const expected = new Set(registered.map(({ method, path }) => `method="${method}",route="${path}"`));
    for (const method of [...unmatchedMethods, 'OTHER']) expected.add(`method="${method}",route="unmatched"`);
    expect(expected.size).toBeGreaterThan(unmatchedMethods.length + 8);
    for (const labels of expected) {
      for (const status of statusClasses)
        expect(text).toContain(`http_requests_total{${labels},status="${status}"} 0\n`);
      expect(text).toContain(`http_request_duration_seconds_count{${labels}} 0\n`);
    }
    for (const series of [
      'http_exceptions_total 0',
      'processed_transactions_total{status="failed"} 0',
      'processed_transactions_total{status="declined"} 0',
      'upstream_requests_total{upstream="payments",outcome="ok"} 0',
      'upstream_requests_total{upstream="payments",outcome="error"} 0',
      'upstream_request_duration_seconds_count{upstream="payments"} 0',
      'processed_transactions_total{status="unknown"} 0',
      'db_queries_total{operation="delete",outcome="error"} 0',
      'db_query_duration_seconds_count{operation="insert"} 0',
      'batches_total{mode="concurrent"} 0',
      'batch_duration_seconds_count{mode="sequential"} 0',
      'batch_transactions_total{mode="concurrent",status="skipped"} 0',
      'batches_in_progress{mode="sequential"} 0',
      'settlements_total{outcome="error"} 0',
      'settlement_step_duration_seconds_count{step="load"} 0',
      'settled_transactions_total 0',
      'usage_events_total{event="sign_in"} 0',
      'idempotent_replays_total 0',
    ])
      expect(text).toContain(`${series}\n`);
    expect(text).toContain('process_resident_memory_bytes ');
    await fresh.stop();
  });

  test('count by pattern, so that scanned addresses do not become series', async () => {
    const unknown = 'http_requests_total{method="GET",route="unmatched",status="4xx"}';
    const before = (await app.metric(unknown)) ?? 0;
    for (const path of ['/wp-login.php', '/.env', '/transactions/a/b']) await app.get(path);
    await app.ask('PROPFIND', '/x');
    expect(await app.metric(unknown)).toBe(before + 3);
    expect(await app.metric('http_requests_total{method="OTHER",route="unmatched",status="4xx"}')).toBe(1);
    const { text } = await app.get('/metrics');
    expect(text).not.toMatch(/wp-login|\.env|PROPFIND/);
  });

  test.each([
    ['PUT', '/transactions', 'GET, HEAD, POST'],
    ['DELETE', '/transactions/00000000-0000-4000-8000-000000000000', 'GET, HEAD'],
    ['GET', '/signin', 'POST'],
    ['POST', '/livez', 'GET, HEAD'],
  ])('%s %s is 405 and says what is allowed', async (method, path, allow) => {
    const answer = await app.ask(method, path);
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe(allow);
    expect(errorAnswer.parse(answer.json).error).toMatchObject({
      code: 'method_not_allowed',
      message: `${path} does not take ${method}: use ${allow.replaceAll(', ', ' or ')}.`,
    });
  });

  test('HEAD counts as the GET it is answered by', async () => {
    const series = 'http_requests_total{method="GET",route="/livez",status="2xx"}';
    const before = (await app.metric(series)) ?? 0;
    expect(await app.ask('HEAD', '/livez')).toMatchObject({ status: 200 });
    expect(await app.metric(series)).toBe(before + 1);
  });

  test('twenty calls of /error are twenty 5xx and twenty exceptions', async () => {
    const own = await startApp(postgres.url);
    await Promise.all(Array.from({ length: 20 }, () => own.get('/error')));
    expect(await own.metric('http_requests_total{method="GET",route="/error",status="5xx"}')).toBe(20);
    expect(await own.metric('http_exceptions_total')).toBe(20);
    await own.stop();
  });
});

describe('the log', () => {
  test('has one JSON line per request with its fields, quotes and newlines included', async () => {
    await app.ask('GET', '/no%22quote%0Anewline?secret=1', undefined, { 'x-request-id': 'req-1' });
    const line = app.log().filter((one) => one['request_id'] === 'req-1');
    expect(line).toMatchObject([
      {
        level: 'info',
        msg: 'request',
        service: 'api',
        method: 'GET',
        route: 'unmatched',
        status: 404,
        duration_ms: expect.any(Number),
      },
    ]);
    expect(JSON.stringify(line)).not.toContain('secret');
  });

  test('has one line per transaction', async () => {
    await app.ask('POST', '/transactions', { amount: 99, currency: 'CHF' }, { 'x-request-id': 'req-2' });
    const lines = app.log().filter((one) => one['request_id'] === 'req-2');
    expect(lines).toMatchObject([
      { msg: 'transaction', id: expect.any(String), amount: 99, currency: 'CHF', status: 'completed' },
      { msg: 'usage', usage: true, event: 'purchase' },
      { msg: 'request', status: 201 },
    ]);
  });

  test('is silent about /livez and /metrics, unless debug is asked for', async () => {
    const loud = await startApp(postgres.url, {}, { logLevel: 'debug' });
    for (const one of [app, loud]) await Promise.all([one.get('/livez'), one.get('/metrics')]);
    const quiet = (one: RunningApp) =>
      one.log().filter(({ route }) => route === '/livez' || route === '/metrics');
    expect(quiet(app)).toEqual([]);
    expect(quiet(loud)).toHaveLength(2);
    await loud.stop();
  });

  test('has the stack of an unexpected error under the request id that the client got', async () => {
    const answer = await app.get('/error');
    expect(answer.status).toBe(500);
    const { error } = errorAnswer.parse(answer.json);
    expect(error).toEqual({
      code: 'internal',
      message: 'Something went wrong on our side. Quote the request id when you report it.',
      request_id: answer.headers.get('x-request-id'),
    });
    expect(app.log().find((one) => one['request_id'] === error.request_id)).toMatchObject({
      level: 'error',
      err: { message: 'This failure was asked for: GET /error', stack: expect.stringContaining('ops.ts') },
    });
  });
});

describe('the request id', () => {
  test('is taken over from the client', async () => {
    const { headers } = await app.ask('GET', '/livez', undefined, { 'x-request-id': 'abc-1.2_3' });
    expect(headers.get('x-request-id')).toBe('abc-1.2_3');
  });

  test.each(['', 'has space', '{"forged":true}', 'x'.repeat(65)])('%j is replaced', async (given) => {
    const { headers } = await app.ask('GET', '/livez', undefined, { 'x-request-id': given });
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});
