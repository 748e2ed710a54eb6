import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startPayments } from '../../../../tests/support/payments.ts';
import { errorAnswer, startApp, startShop } from '../testing/harness.ts';

const { app, postgres, stop } = await startShop();
afterAll(stop);

const transaction = z.looseObject({ id: z.string(), status: z.string(), amount: z.number() });

describe('POST /transactions', () => {
  test('keeps a transaction and tells where it is', async () => {
    const made = await app.ask('POST', '/transactions', {
      amount: 1250,
      currency: 'EUR',
      description: 'it\'s "tea"',
    });
    expect(made.status).toBe(201);
    const kept = transaction.parse(made.json);
    expect(kept).toMatchObject({
      amount: 1250,
      currency: 'EUR',
      description: 'it\'s "tea"',
      status: 'completed',
    });
    expect(made.headers.get('location')).toBe(`/transactions/${kept.id}`);
    const shown = await app.get(`/transactions/${kept.id}`);
    expect(shown).toMatchObject({ status: 200, json: kept });
  });

  const message = (field: string, is: string, remedy: string) => `${field} ${is}: ${remedy}`;
  const whole = 'give a whole number of minor units, for example 1250 for 12.50';
  const most = 'give at most 10000000000 minor units';
  const known = 'give a code of ISO 4217, for example "EUR"';
  const iso = 'give 3 upper-case letters as in ISO 4217, for example "EUR"';
  test.each([
    [{ amount: 0, currency: 'EUR' }, 'amount', 0, message('amount', 'is 0', 'give more than 0 minor units')],
    [
      { amount: -5, currency: 'EUR' },
      'amount',
      -5,
      message('amount', 'is -5', 'give more than 0 minor units'),
    ],
    [
      { amount: 10_000_000_001, currency: 'EUR' },
      'amount',
      10_000_000_001,
      message('amount', 'is 10000000001', most),
    ],
    [{ amount: 2 ** 63, currency: 'EUR' }, 'amount', 2 ** 63, message('amount', `is ${2 ** 63}`, whole)],
    [{ amount: 12.5, currency: 'EUR' }, 'amount', 12.5, message('amount', 'is 12.5', whole)],
    [{ amount: '1250', currency: 'EUR' }, 'amount', '1250', message('amount', 'is "1250"', whole)],
    [{ currency: 'EUR' }, 'amount', null, message('amount', 'is missing', whole)],
    [{ amount: 1, currency: 'eur' }, 'currency', 'eur', message('currency', 'is "eur"', iso)],
    [{ amount: 1, currency: 'EURO' }, 'currency', 'EURO', message('currency', 'is "EURO"', iso)],
    [{ amount: 1, currency: 'QQQ' }, 'currency', 'QQQ', message('currency', 'is "QQQ"', known)],
    [{ amount: 1, currency: 'E\0R' }, 'currency', 'E\0R', message('currency', 'is "E\\u0000R"', iso)],
    [
      { amount: 1, currency: 'EUR', amuont: 2 },
      'amuont',
      null,
      'amuont is not known here: remove it or correct its spelling',
    ],
    ['{"amount":', 'body', '{"amount":', 'body is "{\\"amount\\":": send one object in JSON'],
    ['', 'body', '', 'body is missing: send one object in JSON'],
  ])('refuses %j naming field, value and remedy', async (body, field, value, text) => {
    const answer = await app.ask('POST', '/transactions', body);
    expect(answer.status).toBe(400);
    const { error } = errorAnswer.parse(answer.json);
    expect(error).toMatchObject({
      code: 'invalid_request',
      message: text,
      fields: [{ field, value, message: text }],
    });
  });

  test('names every wrong field at once', async () => {
    const { json } = await app.ask('POST', '/transactions', { amount: 0, currency: '' });
    expect(errorAnswer.parse(json).error['fields']).toMatchObject([
      { field: 'amount' },
      { field: 'currency' },
    ]);
  });

  test('refuses a body that is not an object', async () => {
    const { status, json } = await app.ask('POST', '/transactions', [1]);
    expect(status).toBe(400);
    expect(errorAnswer.parse(json).error.message).toBe(
      'body is "[1]": send one JSON object with amount and currency',
    );
  });

  test.each([
    ['a little more than 16 KB', 17 * 1024],
    ['10 MB', 10 * 1024 * 1024],
  ])('refuses a body of %s with 413', async (_, bytes) => {
    const body = { amount: 1, currency: 'EUR', description: 'x'.repeat(bytes) };
    const { status, json } = await app.ask('POST', '/transactions', body);
    expect(status).toBe(413);
    expect(errorAnswer.parse(json).error.message).toBe('body is over 16384 bytes: send a smaller one');
  });

  test('takes the largest amount', async () => {
    const own = await startPayments({ PAYMENTS_LIMIT: '10000000000' });
    const rich = await startApp(postgres.url, {}, { paymentsUrl: own.url });
    const made = await rich.ask('POST', '/transactions', { amount: 10_000_000_000, currency: 'JPY' });
    expect(made).toMatchObject({ status: 201, json: { amount: 10_000_000_000, currency: 'JPY' } });
    await Promise.all([rich.stop(), own.stop()]);
  });

  test('refuses text that PostgreSQL cannot hold instead of failing', async () => {
    const body = { amount: 1, currency: 'EUR', description: 'a\0b' };
    expect(await app.ask('POST', '/transactions', body)).toMatchObject({ status: 400 });
  });
});

describe('POST /transactions/create', () => {
  test('makes a random one', async () => {
    const made = await app.ask('POST', '/transactions/create');
    expect(made).toMatchObject({
      status: 201,
      json: { amount: 50_001, currency: 'GBP', status: 'completed' },
    });
  });

  test('records about 5 % as failed and answers those with 502', async () => {
    const usual = await startPayments({ PAYMENTS_FAILURE_RATE: '0.05' });
    const own = await startApp(await postgres.createDatabase('gateway'), {}, { paymentsUrl: usual.url });
    const statuses: number[] = [];
    for (let batch = 0; batch < 40; batch += 1) {
      const answers = Array.from({ length: 25 }, () => own.ask('POST', '/transactions/create'));
      statuses.push(...(await Promise.all(answers)).map(({ status }) => status));
    }
    const failed = statuses.filter((status) => status === 502).length;
    expect(statuses.filter((status) => status === 201)).toHaveLength(1000 - failed);
    // 5 % of 1000, plus or minus five standard deviations: the gateway draws its own lots.
    expect(failed).toBeGreaterThan(15);
    expect(failed).toBeLessThan(85);
    expect(await own.metric('processed_transactions_total{status="failed"}')).toBe(failed);
    expect(await own.metric('processed_transactions_total{status="completed"}')).toBe(1000 - failed);
    expect(
      await own.metric('http_requests_total{method="POST",route="/transactions/create",status="5xx"}'),
    ).toBe(failed);
    expect(await usual.metric('authorisations_total{outcome="authorised"}')).toBe(1000 - failed);
    await Promise.all([own.stop(), usual.stop()]);
  });
});
