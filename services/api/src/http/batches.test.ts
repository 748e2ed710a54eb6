import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Postgres, startPostgres } from '../../../../tests/support/postgres.ts';
import { startGateway, startHeldGateway } from '../testing/gateway.ts';
import { errorAnswer, type RunningApp, startApp } from '../testing/harness.ts';
import { sql } from '../testing/sql.ts';

let postgres: Postgres;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

const answered = z.object({
  counts: z.record(z.string(), z.number()),
  duration_ms: z.number(),
  transactions: z.array(z.looseObject({ status: z.string() })),
});
const batch = (app: RunningApp, n: number, mode: string) =>
  app.ask('POST', '/transactions/batch', { n, mode });

describe('a batch', () => {
  test.each([
    ['sequential', 1],
    ['concurrent', 20],
  ])('that is %s has %i charges at the gateway at once', async (mode, atOnce) => {
    const gateway = await startHeldGateway();
    const app = await startApp(await postgres.createDatabase(mode), {}, { paymentsUrl: gateway.url });
    const asked = batch(app, 20, mode);
    await expect.poll(gateway.asked).toBe(atOnce);
    gateway.open();
    const { status, json } = await asked;
    expect(status).toBe(200);
    const { counts, transactions } = answered.parse(json);
    expect(counts).toEqual({ completed: 20, declined: 0, failed: 0, error: 0, skipped: 0 });
    expect(transactions).toHaveLength(20);
    expect(await app.metric(`batches_total{mode="${mode}"}`)).toBe(1);
    expect(await app.metric(`batch_duration_seconds_count{mode="${mode}"}`)).toBe(1);
    expect(await app.metric(`batch_transactions_total{mode="${mode}",status="completed"}`)).toBe(20);
    expect(await app.metric(`batches_in_progress{mode="${mode}"}`)).toBe(0);
    expect(await app.metric('processed_transactions_total{status="completed"}')).toBe(20);
    await app.stop();
    gateway.close();
  });

  test('concurrently is bounded, and leaves connections to others', async () => {
    const gateway = await startHeldGateway();
    const app = await startApp(await postgres.createDatabase('bounded'), {}, { paymentsUrl: gateway.url });
    const asked = batch(app, 300, 'concurrent');
    await expect.poll(gateway.asked).toBe(32);
    expect(await app.get('/transactions?limit=1')).toMatchObject({ status: 200 });
    expect(gateway.asked()).toBe(32);
    gateway.open();
    expect(answered.parse((await asked).json).counts['completed']).toBe(300);
    // Six of ten connections for batches, and those that start and list have used.
    expect(await app.metric('db_pool_connections{state="total"}')).toBeLessThan(10);
    await app.stop();
    gateway.close();
  });

  test('tells of each transaction what became of it', async () => {
    let asked = 0;
    const answers = [
      '{"status":"authorised"}',
      '{"status":"declined","reason":"refused_by_bank"}',
      'nonsense',
    ];
    const gateway = await startGateway((_request, response) => response.end(answers[asked++ % 3]));
    const url = await postgres.createDatabase('partial');
    const app = await startApp(url, {}, { paymentsUrl: gateway.url });
    const { counts, transactions } = answered.parse((await batch(app, 6, 'sequential')).json);
    expect(counts).toEqual({ completed: 2, declined: 2, failed: 2, error: 0, skipped: 0 });
    expect(transactions.map(({ status }) => status)).toEqual([
      ...['completed', 'declined', 'failed'],
      ...['completed', 'declined', 'failed'],
    ]);
    const rows = await sql(url, 'select id, status from transactions order by created_at');
    expect(transactions.map(({ id, status }) => ({ id, status }))).toEqual(rows);
    await app.stop();
    gateway.close();
  });

  test('of which a part could not be kept is answered all the same', async () => {
    const url = await postgres.createDatabase('broken');
    let asked = 0;
    const gateway = await startGateway((_request, response) => {
      asked += 1;
      // The second finds a table that takes nothing any more.
      const broken = `alter table transactions add constraint full_table check (amount < 0) not valid`;
      void (asked === 1 ? Promise.resolve([]) : sql(url, broken)).then(() =>
        response.end('{"status":"authorised"}'),
      );
    });
    const app = await startApp(url, {}, { paymentsUrl: gateway.url });
    const { status, json } = await batch(app, 4, 'sequential');
    expect(status).toBe(200);
    const { counts, transactions } = answered.parse(json);
    expect(counts).toMatchObject({ completed: 1, error: 3 });
    expect(transactions[3]).toEqual({ status: 'error', code: 'internal', message: expect.any(String) });
    expect(await app.metric('batch_transactions_total{mode="sequential",status="error"}')).toBe(3);
    await app.stop();
    gateway.close();
  });

  test('of which nothing at all could be kept is that error', async () => {
    const app = await startApp(await postgres.createDatabase('nothing'));
    await postgres.pause();
    const { status, json } = await batch(app, 3, 'concurrent');
    await postgres.resume();
    expect(status).toBe(503);
    expect(errorAnswer.parse(json).error.code).toBe('database_unavailable');
    expect(await app.metric('batches_in_progress{mode="concurrent"}')).toBe(0);
    await app.stop();
  });

  test('of a client that goes away begins nothing more', async () => {
    const gateway = await startHeldGateway();
    const url = await postgres.createDatabase('gone');
    const app = await startApp(url, {}, { paymentsUrl: gateway.url });
    const client = new AbortController();
    const gone = fetch(`${app.base}/transactions/batch`, {
      method: 'POST',
      body: JSON.stringify({ n: 1000, mode: 'sequential' }),
      signal: client.signal,
    }).catch(() => 'gone');
    await expect.poll(gateway.asked).toBe(1);
    client.abort();
    expect(await gone).toBe('gone');
    // The first charge is seen through; nothing else is begun.
    gateway.open();
    const skipped = 'batch_transactions_total{mode="sequential",status="skipped"}';
    await expect.poll(() => app.metric(skipped)).toBe(999);
    expect(await sql(url, 'select status from transactions')).toEqual([{ status: 'completed' }]);
    await app.stop();
    gateway.close();
  });

  test('beside four others is told to come back', async () => {
    const gateway = await startHeldGateway();
    const app = await startApp(await postgres.createDatabase('many'), {}, { paymentsUrl: gateway.url });
    const four = Array.from({ length: 4 }, () => batch(app, 1, 'concurrent'));
    await expect.poll(() => app.metric('batches_in_progress{mode="concurrent"}')).toBe(4);
    const fifth = await batch(app, 1, 'sequential');
    expect(fifth.status).toBe(429);
    expect(fifth.headers.get('retry-after')).toBe('1');
    gateway.open();
    expect((await Promise.all(four)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await batch(app, 1, 'sequential')).status).toBe(200);
    await app.stop();
    gateway.close();
  });
});

const size = 'give a whole number of transactions from 1 to 1000';
test.each([
  [{ n: 0, mode: 'concurrent' }, 'n', `n is 0: ${size}`],
  [{ n: 1_000_000, mode: 'concurrent' }, 'n', `n is 1000000: ${size}`],
  [{ n: 1.5, mode: 'concurrent' }, 'n', `n is 1.5: ${size}`],
  [{ mode: 'concurrent' }, 'n', `n is missing: ${size}`],
  [{ n: 1, mode: 'parallel' }, 'mode', 'mode is "parallel": give "sequential" or "concurrent"'],
])('%j is refused with the remedy', async (body, field, message) => {
  const app = await startApp(postgres.url);
  const { status, json } = await app.ask('POST', '/transactions/batch', body);
  expect(status).toBe(400);
  expect(errorAnswer.parse(json).error).toMatchObject({ message, fields: [{ field, message }] });
  await app.stop();
});
