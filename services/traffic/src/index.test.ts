import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { type Api, startApi } from '../../../tests/support/api.ts';
import { type Payments, startPayments } from '../../../tests/support/payments.ts';
import { type Postgres, startPostgres } from '../../../tests/support/postgres.ts';

let postgres: Postgres;
let payments: Payments;
let api: Api;
const children = new Set<ReturnType<typeof launch>['child']>();

beforeAll(async () => {
  [postgres, payments] = await Promise.all([startPostgres(), startPayments()]);
  api = await startApi(postgres.url, payments.url);
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  await api.heal();
});
afterAll(async () => {
  await api?.stop();
  await Promise.all([postgres?.stop(), payments?.stop()]);
});

/** Runs the service as people run it. */
function launch(flags: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'index.ts'), ...flags], {
    env: { PATH: process.env['PATH'], TRAFFIC_LISTEN: 'none', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([code]) => z.number().nullable().parse(code));
  const lines = () => {
    const complete = stdout.split('\n').slice(0, -1);
    return complete.map((line) => z.looseObject({ msg: z.string() }).parse(JSON.parse(line)));
  };
  return { child, ended, stdout: () => stdout, stderr: () => stderr, lines };
}

const counts = z.object({ count: z.number(), ok: z.number(), declined: z.number(), error: z.number() });
const summarySchema = counts.extend({
  msg: z.literal('summary'),
  retried: z.number(),
  actions: z.record(z.string(), counts.extend({ p50_ms: z.number(), p99_ms: z.number() })),
  errors: z.array(z.object({ action: z.string(), reason: z.string(), count: z.number() })),
});
const summaryOf = (run: ReturnType<typeof launch>) => summarySchema.parse(run.lines().at(-1));

test('users do everything they are for, the api has no fault to find, and the figures are told', async () => {
  const run = launch([
    '--url',
    api.url,
    '--rate',
    '25',
    '--for',
    '4s',
    '--every',
    '1s',
    '--mix',
    'browse=4,view=3,buy=4,sign_in=2,stats=1,batch=1,settle=1',
  ]);
  expect(await run.ended).toBe(0);
  expect(run.stderr()).toBe('');
  const { actions, errors, ...all } = summaryOf(run);
  expect(errors).toEqual([]);
  expect(Object.keys(actions).toSorted()).toEqual(
    ['batch', 'browse', 'buy', 'settle', 'sign_in', 'stats', 'view'].toSorted(),
  );
  expect(all.count).toBe(all.ok + all.declined + all.error);
  // A Poisson process with mean 100: outside of this less than once in a million runs.
  expect(all.count).toBeGreaterThan(50);
  expect(all.count).toBeLessThan(160);
  expect(run.lines().filter(({ msg }) => msg === 'progress').length).toBeGreaterThanOrEqual(3);
});

test('a purchase that is answered with nothing is asked for once more, and paid once', async () => {
  const seen: string[] = [];
  // Loses the first answer of each purchase, after the real api has given it.
  const lossy = createServer(async (request, response) => {
    const key = z.string().parse(request.headers['idempotency-key']);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const answer = await fetch(api.url + request.url, {
      method: 'POST',
      headers: { 'idempotency-key': key },
      body: Buffer.concat(chunks),
    });
    const text = await answer.text();
    const again = seen.includes(key);
    seen.push(key);
    if (!again) response.destroy();
    else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  }).listen(0, '127.0.0.1');
  await once(lossy, 'listening');
  const { port } = z.object({ port: z.number() }).parse(lossy.address());
  const paidBefore = await payments.metric('authorisations_total{outcome="authorised"}');

  const run = launch(['--url', `http://127.0.0.1:${port}`, '--mix', 'buy=1', '--rate', '10', '--for', '2s']);
  expect(await run.ended).toBe(0);
  lossy.close();
  const { count, ok, retried } = summaryOf(run);
  expect(count).toBeGreaterThan(0);
  expect({ ok, retried }).toEqual({ ok: count, retried: count });
  expect(seen).toHaveLength(2 * count);
  expect(await payments.metric('authorisations_total{outcome="authorised"}')).toBe(paidBefore + count);
});

test('errors and slowness of the api are seen by what they are', async () => {
  await api.fault({ kind: 'errors', rate: 1 });
  await api.fault({ kind: 'latency', ms: 300 });
  const run = launch(['--url', api.url, '--mix', 'browse=1', '--rate', '20', '--for', '1s']);
  expect(await run.ended).toBe(0);
  const { actions, errors, count } = summaryOf(run);
  expect(errors).toEqual([{ action: 'browse', reason: '500 internal', count }]);
  expect(actions['browse']?.p50_ms).toBeGreaterThan(299);
});

describe('asked to stop', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s, it ends soon, with its summary and code 0',
    async (signal) => {
      const run = launch(['--url', api.url, '--rate', '50', '--every', '1s']);
      await vi.waitFor(() => expect(run.lines().some(({ msg }) => msg === 'progress')).toBe(true), {
        timeout: 10_000,
      });
      run.child.kill(signal);
      const asked = performance.now();
      expect(await run.ended).toBe(0);
      expect(performance.now() - asked).toBeLessThan(4_500);
      expect(summaryOf(run).ok).toBeGreaterThan(0);
    },
  );

  test('while the api hangs, it waits a moment for the answers and ends without them', async () => {
    await api.fault({ kind: 'latency', ms: 30_000 });
    const run = launch(['--url', api.url, '--rate', '50', '--mix', 'browse=1']);
    await vi.waitFor(async () => expect(await api.metric('http_requests_in_flight')).toBeGreaterThan(5), {
      timeout: 10_000,
    });
    run.child.kill('SIGTERM');
    const asked = performance.now();
    // Nobody was answered.
    expect(await run.ended).toBe(1);
    expect(performance.now() - asked).toBeLessThan(4_500);
    expect(summaryOf(run)).toMatchObject({ count: 0 });
  });
});

describe('exit codes', () => {
  test('1, and what to do, when the api has never answered', async () => {
    const run = launch(['--url', 'http://127.0.0.1:1', '--rate', '50', '--for', '300ms']);
    expect(await run.ended).toBe(1);
    expect(run.stderr()).toBe(
      'traffic: http://127.0.0.1:1 has never answered. Start the api (npm start, or docker compose up), or give its address with --url.\n',
    );
  });

  test('0 when nothing was due, and so nobody was asked', async () => {
    const run = launch(['--url', 'http://127.0.0.1:1', '--rate', '0.000001', '--for', '100ms']);
    expect(await run.ended).toBe(0);
    expect(run.stderr()).toBe('');
    expect(summaryOf(run)).toMatchObject({ count: 0 });
  });

  test('2, and every problem, when it cannot be used', async () => {
    const run = launch(['--for', 'long'], { TRAFFIC_USERS: 'many' });
    expect(await run.ended).toBe(2);
    expect(run.stdout()).toBe('');
    expect(run.stderr()).toBe(
      'traffic: --for is "long": give a duration, for example 30s, 2m or 1h30m; TRAFFIC_USERS is "many": give a whole number from 1 to 10000\n',
    );
  });

  test('1, and the remedy, when the port of its metrics is taken', async () => {
    const address = new URL(api.url).host;
    const run = launch(['--for', '1s', '--url', api.url], { TRAFFIC_LISTEN: address });
    expect(await run.ended).toBe(1);
    expect(run.stderr()).toContain(`Cannot listen on ${address}: another process uses this port.`);
  });
});

test('for people there is a table instead of JSON', async () => {
  const run = launch([
    '--url',
    api.url,
    '--rate',
    '30',
    '--for',
    '1s',
    '--mix',
    'buy=1,browse=1',
    '--output',
    'text',
  ]);
  expect(await run.ended).toBe(0);
  expect(run.stdout()).toMatch(
    /^http:\S+: 10 users, 30 actions a second, for 1s\n\d+m?s, 10 users, \d+ actions, [\d.]+ a second\n/,
  );
  expect(run.stdout()).toMatch(
    /\n +count +ok +declined +errors +p50 +p95 +p99 +max\nbrowse +\d+ +\d+ +0 +0 +[\d.]+ m?s/,
  );
});

test('its metrics have every series from the start, and count what it does', async () => {
  const run = launch(['--url', api.url, '--rate', '20', '--mix', 'buy=1', '--users', '3'], {
    TRAFFIC_LISTEN: '127.0.0.1:0',
  });
  const listening = z.object({ msg: z.literal('listening'), port: z.number() });
  const { port } = await vi.waitFor(() => listening.parse(run.lines()[0]), { timeout: 10_000 });
  const scrape = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const text = await scrape();
  for (const series of [
    'traffic_requests_total{action="settle",outcome="error"} 0',
    'traffic_request_duration_seconds_count{action="sign_in"} 0',
    'traffic_users 3',
  ])
    expect(text).toContain(`\n${series}\n`);
  await vi.waitFor(
    async () => expect(await scrape()).toMatch(/traffic_requests_total\{action="buy",outcome="ok"\} [1-9]/),
    { timeout: 10_000 },
  );
  expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
});

test('the segment goes with every request as baggage, and who signed in is named by the cookies', async () => {
  const asked: { baggage: string | undefined; cookie: string | undefined; url: string | undefined }[] = [];
  const shop = createServer((request, response) => {
    const { baggage, cookie } = request.headers;
    asked.push({ baggage: z.string().optional().parse(baggage), cookie, url: request.url });
    if (request.url === '/signin') response.setHeader('set-cookie', ['user=user-1; HttpOnly', 'segment=vip']);
    response.setHeader('content-type', 'application/json').end('{}');
  }).listen(0, '127.0.0.1');
  await once(shop, 'listening');
  const { port } = z.object({ port: z.number() }).parse(shop.address());
  const run = launch([
    '--url',
    `http://127.0.0.1:${port}`,
    '--users',
    '1',
    '--segments',
    'vip=1',
    '--rate',
    '40',
    '--for',
    '1s',
    '--mix',
    'sign_in=1,buy=1',
  ]);
  expect(await run.ended).toBe(0);
  shop.close();
  expect(new Set(asked.map(({ baggage }) => baggage))).toEqual(new Set(['user.segment=vip']));
  expect(asked.at(-1)?.cookie).toBe('user=user-1; segment=vip');
});
