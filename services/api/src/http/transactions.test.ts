import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { encodeCursor } from '../store/pages.ts';
import { errorAnswer, startApp, startShop } from '../testing/harness.ts';
import { sql } from '../testing/sql.ts';

const { app, postgres, payments, stop } = await startShop();
afterAll(stop);

const page = z.object({
  transactions: z.array(z.object({ id: z.string(), amount: z.number() })),
  next: z.string().nullable(),
});

describe('GET /transactions', () => {
  test('pages through all of them, newest first, without gaps or repeats', async () => {
    const own = await startApp(await postgres.createDatabase('paging'), {}, { paymentsUrl: payments.url });
    for (const amount of [1, 2, 3, 4, 5]) await own.ask('POST', '/transactions', { amount, currency: 'EUR' });
    const amounts: number[] = [];
    let next: string | null = '';
    while (next !== null) {
      const query: string = next === '' ? '' : `&cursor=${next}`;
      const found = page.parse((await own.get(`/transactions?limit=2${query}`)).json);
      amounts.push(...found.transactions.map(({ amount }) => amount));
      next = found.next;
    }
    await own.stop();
    expect(amounts).toEqual([5, 4, 3, 2, 1]);
  });

  test('pages through those of one status', async () => {
    const own = await startApp(await postgres.createDatabase('status'), {}, { paymentsUrl: payments.url });
    const tooMuch = 10_000_000_000;
    for (const amount of [1, tooMuch, 2, tooMuch, 3])
      await own.ask('POST', '/transactions', { amount, currency: 'EUR' });
    const first = page.parse((await own.get('/transactions?status=completed&limit=2')).json);
    expect(first.transactions.map(({ amount }) => amount)).toEqual([3, 2]);
    const rest = page.parse((await own.get(`/transactions?status=completed&cursor=${first.next}`)).json);
    expect(rest).toMatchObject({ transactions: [{ amount: 1 }], next: null });
    const declined = page.parse((await own.get('/transactions?status=declined')).json);
    expect(declined.transactions).toHaveLength(2);
    expect((await own.get('/transactions?status=pending')).json).toEqual({ transactions: [], next: null });
    await own.stop();
  });

  const statuses = 'pending, completed, declined, failed, unknown';
  const cursor = 'give the `next` of a page, or leave it out';
  const position = { micros: 1_700_000_000_000_000, id: '00000000-0000-4000-8000-000000000000' };
  const tampered = `${encodeCursor(position).slice(0, -2)}AA`;
  test.each([
    ['/transactions?limit=0', 'limit is "0": give a whole number from 1 to 100'],
    ['/transactions?limit=101', 'limit is "101": give a whole number from 1 to 100'],
    ['/transactions?lim=7', 'lim is not known here: remove it or correct its spelling'],
    ['/transactions?limit=1&limit=2', 'limit is "[\\"1\\",\\"2\\"]": give a whole number from 1 to 100'],
    ['/transactions?cursor=7', `cursor is "7": ${cursor}`],
    ['/transactions?cursor=', `cursor is "": ${cursor}`],
    [`/transactions?cursor=${tampered}`, `cursor is "${tampered}": ${cursor}`],
    ['/transactions?status=paid', `status is "paid": give one of ${statuses}, or leave it out`],
    ['/transactions/stats?window=1y', 'window is "1y": give a duration such as 15m, 1h or 7d'],
    ['/transactions/stats?window=31d', 'window is "31d": give at most 30d'],
    ['/transactions/create', 'id is "create": give the id of a transaction, a UUID'],
  ])('refuses GET %s with the remedy', async (path, text) => {
    const { status, json } = await app.get(path);
    expect(status).toBe(400);
    expect(errorAnswer.parse(json).error['fields']).toMatchObject([{ field: text.split(' ')[0] }]);
    expect(errorAnswer.parse(json).error.message).toBe(text);
  });

  test('answers 404 for an id nobody has', async () => {
    const { status, json } = await app.get('/transactions/00000000-0000-4000-8000-000000000000');
    expect(status).toBe(404);
    expect(errorAnswer.parse(json).error.code).toBe('not_found');
  });
});

describe('GET /transactions/stats', () => {
  test('counts by status, and sums the completed ones by currency', async () => {
    const own = await startApp(await postgres.createDatabase('stats'), {}, { paymentsUrl: payments.url });
    const empty = { pending: 0, completed: 0, declined: 0, failed: 0, unknown: 0 };
    expect((await own.get('/transactions/stats')).json).toEqual({
      window: '1h',
      transactions: 0,
      by_status: empty,
      completed: [],
      complete: true,
      oldest: null,
    });
    for (const [amount, currency] of [
      [100, 'EUR'],
      [201, 'EUR'],
      [50, 'CHF'],
      [10_000_000_000, 'EUR'],
    ])
      await own.ask('POST', '/transactions', { amount, currency });
    expect((await own.get('/transactions/stats?window=5m')).json).toEqual({
      window: '5m',
      transactions: 4,
      by_status: { ...empty, completed: 3, declined: 1 },
      completed: [
        { currency: 'CHF', transactions: 1, amount: 50, average: 50 },
        { currency: 'EUR', transactions: 2, amount: 301, average: 151 },
      ],
      complete: true,
      oldest: expect.any(String),
    });
    await own.stop();
  });

  test('looks no further back than the window, and no further than its limit', async () => {
    const url = await postgres.createDatabase('window');
    const own = await startApp(url);
    await sql(
      url,
      `insert into transactions (amount, currency, status, created_at)
      select n, 'EUR', 'completed', now() - n * interval '1 minute' from generate_series(1, 10) as n`,
    );
    const stats = z.object({ transactions: z.number(), complete: z.boolean() });
    expect(stats.parse((await own.get('/transactions/stats?window=330s')).json)).toEqual({
      transactions: 5,
      complete: true,
    });
    await sql(
      url,
      `insert into transactions (amount, currency, status)
      select 1, 'EUR', 'completed' from generate_series(1, 100000)`,
    );
    expect(stats.parse((await own.get('/transactions/stats?window=30d')).json)).toEqual({
      transactions: 100_000,
      complete: false,
    });
    await own.stop();
  });
});
