import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Payments, startPayments } from '../../../../tests/support/payments.ts';
import { type Postgres, startPostgres } from '../../../../tests/support/postgres.ts';
import { startGateway, startHeldGateway } from '../testing/gateway.ts';
import { errorAnswer, type RunningApp, startApp } from '../testing/harness.ts';
import { sql } from '../testing/sql.ts';

let postgres: Postgres;
let payments: Payments;
let app: RunningApp;
/** Another process in front of the same database, as far as idempotency is concerned. */
let other: RunningApp;
let key: string;

beforeAll(async () => {
  [postgres, payments] = await Promise.all([startPostgres(), startPayments()]);
  app = await startApp(postgres.url, {}, { paymentsUrl: payments.url });
  other = await startApp(postgres.url, {}, { paymentsUrl: payments.url });
});
beforeEach(() => {
  key = crypto.randomUUID();
});
afterAll(async () => {
  await Promise.all([app?.stop(), other?.stop()]);
  await Promise.all([postgres?.stop(), payments?.stop()]);
});

const tea = { amount: 1250, currency: 'EUR', description: 'tea' };
const buy = (one: RunningApp, body: unknown = tea) =>
  one.ask('POST', '/transactions', body, { 'idempotency-key': key });
const charges = () => payments.metric('authorisations_total{outcome="authorised"}');
const kept = async (url = postgres.url) =>
  (
    await sql(
      url,
      `select id from transactions join idempotency_keys on id = transaction_id where key = $1`,
      [key],
    )
  ).length;

describe('the same key and body', () => {
  test('is one purchase, answered twice with the same, by any process', async () => {
    const before = await charges();
    const first = await buy(app);
    expect(first.status).toBe(201);
    for (const one of [app, other]) {
      // Another order of the fields and a null that may be left out: the same purchase.
      const again = await buy(one, { description: 'tea', currency: 'EUR', amount: 1250 });
      expect(again).toMatchObject({ status: 201, text: first.text });
      expect(again.headers.get('location')).toBe(first.headers.get('location'));
      expect(again.headers.get('idempotent-replayed')).toBe('true');
    }
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect(await charges()).toBe(before + 1);
    expect(await other.metric('idempotent_replays_total')).toBe(1);
  });

  test('replays a refusal too: it never becomes a second charge', async () => {
    const tooMuch = { amount: 999_999_999, currency: 'EUR' };
    const first = await buy(app, tooMuch);
    expect(first.status).toBe(402);
    expect(await buy(other, tooMuch)).toMatchObject({ status: 402, text: first.text });
    expect(await kept()).toBe(1);
  });

  test('replays a failure of the gateway', async () => {
    const gateway = await startGateway((_request, response) => response.writeHead(500).end());
    const own = await startApp(postgres.url, {}, { paymentsUrl: gateway.url });
    const first = await buy(own);
    expect(first.status).toBe(502);
    expect(await buy(app)).toMatchObject({ status: 502, text: first.text });
    await own.stop();
    gateway.close();
  });

  test('ten times at once at two processes is one charge; those too early are told 409', async () => {
    const gateway = await startHeldGateway();
    const [one, two] = await Promise.all(
      [1, 2].map(() => startApp(postgres.url, {}, { paymentsUrl: gateway.url })),
    );
    if (one === undefined || two === undefined) throw new Error('unreachable');
    let answered = 0;
    const asked = Array.from({ length: 10 }, async (_, index) => {
      const answer = await buy(index % 2 === 0 ? one : two);
      answered += 1;
      return answer;
    });
    // All but one are answered while the gateway thinks.
    await expect.poll(() => answered).toBe(9);
    await expect.poll(gateway.asked).toBe(1);
    gateway.open();
    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array(9).fill(409)]);
    const refused = answers.find(({ status }) => status === 409);
    expect(refused?.headers.get('retry-after')).toBe('1');
    expect(errorAnswer.parse(refused?.json).error).toMatchObject({
      code: 'key_in_flight',
      fields: [{ field: 'Idempotency-Key', value: key }],
    });
    expect(await buy(one)).toMatchObject({ status: 201 });
    expect(gateway.asked()).toBe(1);
    expect(await kept()).toBe(1);
    await Promise.all([one.stop(), two.stop()]);
    gateway.close();
  });
});

test('the same key with another body is 422 and names the field', async () => {
  await buy(app);
  const before = await charges();
  for (const body of [
    { ...tea, amount: 1251 },
    { ...tea, currency: 'USD' },
    { amount: 1250, currency: 'EUR' },
  ]) {
    const { status, json } = await buy(other, body);
    expect(status).toBe(422);
    const message = `Idempotency-Key is "${key}": it was used for another body; give each purchase a key of its own`;
    expect(errorAnswer.parse(json).error).toMatchObject({
      code: 'key_mismatch',
      message,
      fields: [{ field: 'Idempotency-Key', value: key, message }],
    });
  }
  expect(await charges()).toBe(before);
});

test.each(['', 'a b', 'x'.repeat(65)])('the key %j is refused with the remedy', async (bad) => {
  key = bad;
  const { status, json } = await buy(app);
  expect(status).toBe(400);
  expect(errorAnswer.parse(json).error['fields']).toMatchObject([
    { field: 'Idempotency-Key', message: expect.stringContaining('give 1 to 64 letters') },
  ]);
});

test('what was refused before anything was kept leaves the key free', async () => {
  expect((await buy(app, { amount: 0, currency: 'EUR' })).status).toBe(400);
  await app.faults('POST', { kind: 'errors', rate: 1 });
  expect((await buy(app)).status).toBe(500);
  await app.faults('DELETE');
  expect((await buy(app)).status).toBe(201);
});

test('a key that has expired is taken over, and is a new purchase', async () => {
  const first = await buy(app);
  await sql(postgres.url, `update idempotency_keys set expires_at = now() - interval '1 s' where key = $1`, [
    key,
  ]);
  const id = z.object({ id: z.string() });
  const second = await buy(app, { ...tea, amount: 1 });
  expect(second.status).toBe(201);
  expect(id.parse(second.json).id).not.toBe(id.parse(first.json).id);
});
