import type { RequestListener } from 'node:http';
import { createServer as createWire } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Payments, startPayments } from '../../../../tests/support/payments.ts';
import { type Postgres, startPostgres } from '../../../../tests/support/postgres.ts';
import { listening, startGateway } from '../testing/gateway.ts';
import { errorAnswer, type RunningApp, startApp } from '../testing/harness.ts';

let postgres: Postgres;
let payments: Payments;
let app: RunningApp;
const closing: (() => void)[] = [];

beforeAll(async () => {
  [postgres, payments] = await Promise.all([startPostgres(), startPayments()]);
  app = await startApp(postgres.url, {}, { paymentsUrl: payments.url });
});
afterEach(async () => {
  for (const close of closing.splice(0)) close();
  await payments.heal();
});
afterAll(async () => {
  await app?.stop();
  await Promise.all([postgres?.stop(), payments?.stop()]);
});

const transaction = z.looseObject({ id: z.string(), status: z.string() });
const pay = (one = app, amount = 1250) => one.ask('POST', '/transactions', { amount, currency: 'EUR' });
const upstream = async (one: RunningApp) => ({
  ok: await one.metric('upstream_requests_total{upstream="payments",outcome="ok"}'),
  error: await one.metric('upstream_requests_total{upstream="payments",outcome="error"}'),
});

/** What the error body says was recorded, checked against what is kept. */
async function recorded(one: RunningApp, json: unknown): Promise<string> {
  const { id, status } = transaction.parse(errorAnswer.parse(json).error['transaction']);
  expect((await one.get(`/transactions/${id}`)).json).toMatchObject({ id, status });
  return status;
}

/** A gateway that answers as the test wants, until the test has ended. */
async function gateway(answer: RequestListener): Promise<string> {
  const { url, close } = await startGateway(answer);
  closing.push(close);
  return url;
}

test('a charge is one call of the gateway, for the transaction that is kept', async () => {
  const before = await payments.metric('authorisations_total{outcome="authorised"}');
  const made = await pay();
  expect(made).toMatchObject({ status: 201, json: { status: 'completed' } });
  expect(await payments.metric('authorisations_total{outcome="authorised"}')).toBe(before + 1);
});

test('a declined charge is 402 and recorded as declined, and nobody’s error', async () => {
  const before = await upstream(app);
  const { status, json } = await pay(app, 999_999_999);
  expect(status).toBe(402);
  expect(errorAnswer.parse(json).error).toMatchObject({ code: 'payment_declined', reason: 'over_limit' });
  expect(await recorded(app, json)).toBe('declined');
  expect(await upstream(app)).toEqual({ ok: (before.ok ?? 0) + 1, error: before.error });
  expect(await app.metric('processed_transactions_total{status="declined"}')).toBe(1);
});

describe('G7: trouble of the gateway is counted against the gateway', () => {
  test('that fails: 502, recorded as failed', async () => {
    const before = await upstream(app);
    await payments.fault({ kind: 'errors', rate: 1 });
    const { status, json } = await pay();
    expect(status).toBe(502);
    expect(errorAnswer.parse(json).error.code).toBe('gateway_failed');
    expect(await recorded(app, json)).toBe('failed');
    expect(await upstream(app)).toEqual({ ok: before.ok, error: (before.error ?? 0) + 1 });
  });

  test.each(['hang', 'freeze'])(
    'that does not answer (%s): 504 after 2 s, recorded as failed',
    async (how) => {
      const before = await upstream(app);
      const slow = 'upstream_request_duration_seconds_bucket{le="1",upstream="payments"}';
      const fast = await app.metric(slow);
      if (how === 'hang') await payments.fault({ kind: 'hang' });
      else payments.freeze();
      const started = performance.now();
      const { status, json } = await pay();
      const took = performance.now() - started;
      payments.thaw();
      expect(status).toBe(504);
      expect(took).toBeGreaterThan(1_900);
      expect(took).toBeLessThan(2_700);
      expect(errorAnswer.parse(json).error.code).toBe('gateway_timeout');
      expect(await recorded(app, json)).toBe('failed');
      expect(await upstream(app)).toEqual({ ok: before.ok, error: (before.error ?? 0) + 1 });
      expect(await app.metric(slow)).toBe(fast);
    },
  );

  test('that is away: 502, recorded as failed, the cause in the log and not in the answer', async () => {
    await payments.kill();
    const { status, json, text } = await pay();
    await payments.start();
    expect(status).toBe(502);
    expect(await recorded(app, json)).toBe('failed');
    expect(text).not.toMatch(/ECONN|127\.0\.0\.1|fetch/);
    expect(app.log().findLast(({ method }) => method === 'POST')).toMatchObject({
      level: 'warn',
      code: 'gateway_failed',
      cause: expect.stringMatching(/ECONNREFUSED|closed|ECONNRESET/),
    });
    expect((await pay()).status).toBe(201);
  });

  test.each([
    ['no JSON', 'hello'],
    ['an unknown status', '{"status":"maybe"}'],
    ['nothing', ''],
  ])('that answers 200 with %s: 502', async (_, body) => {
    const url = await gateway((_request, response) => response.end(body));
    const own = await startApp(postgres.url, {}, { paymentsUrl: url });
    expect((await pay(own)).status).toBe(502);
    expect(await upstream(own)).toEqual({ ok: 0, error: 1 });
    await own.stop();
  });
});

test('a connection that breaks is tried once more under the same key; an answer never is', async () => {
  const keys: (string | undefined)[] = [];
  const url = await gateway((request, response) => {
    keys.push(String(request.headers['idempotency-key']));
    if (keys.length === 1) request.socket.destroy();
    else response.writeHead(keys.length === 2 ? 200 : 500).end('{"status":"authorised"}');
  });
  const own = await startApp(postgres.url, {}, { paymentsUrl: url });
  const made = await pay(own);
  expect(made.status).toBe(201);
  const { id } = transaction.parse(made.json);
  expect(keys).toEqual([id, id]);
  expect((await pay(own)).status).toBe(502);
  expect(keys).toHaveLength(3);
  await own.stop();
});

test('a connection that breaks again and again is given up after the second try', async () => {
  let connections = 0;
  const wire = createWire((socket) => {
    connections += 1;
    socket.destroy();
  });
  closing.push(() => wire.close());
  const url = await listening(wire);
  const own = await startApp(postgres.url, {}, { paymentsUrl: url });
  expect((await pay(own)).status).toBe(502);
  expect(connections).toBe(2);
  await own.stop();
});

test('with the database away no money is asked for', async () => {
  const before = await payments.metric('authorisations_total{outcome="authorised"}');
  await postgres.pause();
  const { status } = await pay();
  await postgres.resume();
  expect(status).toBe(503);
  expect(await payments.metric('authorisations_total{outcome="authorised"}')).toBe(before);
});

describe('a database that goes away while the gateway is asked', () => {
  /** An app whose gateway authorises once the database is away. */
  const losing = async (database: string) => {
    const url = await gateway((_request, response) => {
      void postgres.pause().then(() => response.end('{"status":"authorised"}'));
    });
    return startApp(await postgres.createDatabase(database), {}, { paymentsUrl: url });
  };
  const unknown = z.object({
    error: z.object({ code: z.literal('outcome_unknown'), transaction: z.object({ id: z.string() }) }),
  });

  test('does not lose the answer: nobody is told to pay again, and it is kept when the database is back', async () => {
    const own = await losing('lost');
    const { status, json } = await pay(own);
    expect(status).toBe(502);
    const { error } = unknown.parse(json);
    expect(await own.metric('processed_transactions_total{status="completed"}')).toBe(0);
    await postgres.resume();
    await expect
      .poll(async () => (await own.get(`/transactions/${error.transaction.id}`)).json, { timeout: 10_000 })
      .toMatchObject({ status: 'completed' });
    await expect.poll(() => own.metric('processed_transactions_total{status="completed"}')).toBe(1);
    await own.stop();
  });

  test('under a key: it is answered with 201 once it is kept, and never charged again', async () => {
    const own = await losing('lost-keyed');
    const key = { 'idempotency-key': 'lost' };
    const again = () => own.ask('POST', '/transactions', { amount: 1250, currency: 'EUR' }, key);
    expect(await again()).toMatchObject({ status: 502, json: { error: { code: 'outcome_unknown' } } });
    await postgres.resume();
    await expect.poll(async () => (await again()).status, { timeout: 10_000 }).toBe(201);
    expect((await again()).headers.get('idempotent-replayed')).toBe('true');
    await own.stop();
  });

  test('and stays away until the process ends: the transaction is pending, and becomes unknown', async () => {
    const own = await losing('lost-for-good');
    expect(await pay(own)).toMatchObject({ status: 502 });
    await own.stop();
    await postgres.resume();
    const next = await startApp(
      postgres.url.replace(/\/[^/]*$/, '/lost-for-good'),
      { housekeeping: { everyMs: 10, pendingMs: 1, rows: 10, rounds: 1 } },
      { paymentsUrl: payments.url },
    );
    await expect
      .poll(async () => (await next.get('/transactions')).json, { timeout: 5_000 })
      .toMatchObject({ transactions: [{ status: 'unknown' }] });
    await next.stop();
  });

  test('in a batch: it is an error of that one', async () => {
    const own = await losing('lost-batch');
    const answer = await own.ask('POST', '/transactions/batch', { n: 2, mode: 'sequential' });
    // The first could not be kept, the second not even begun.
    expect(answer).toMatchObject({
      status: 200,
      json: {
        counts: { error: 2 },
        transactions: [{ code: 'outcome_unknown' }, { code: 'database_unavailable' }],
      },
    });
    await postgres.resume();
    await expect
      .poll(async () => (await own.get('/transactions')).json, { timeout: 10_000 })
      .toMatchObject({ transactions: [{ status: 'completed' }] });
    await own.stop();
  });
});
