import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { errorAnswer, type RunningApp, startApp } from '../testing/harness.ts';

let app: RunningApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app?.stop());

const answer = z.object({ id: z.uuid(), status: z.string() });
const failures = 'http_requests_total{method="POST",route="/authorisations",status="5xx"}';

describe('a charge', () => {
  test('is authorised, with amount and currency as they were asked for', async () => {
    const { status, json } = await app.authorise('plain');
    expect(status).toBe(201);
    expect(json).toEqual({
      id: expect.any(String),
      amount: 1250,
      currency: 'EUR',
      status: 'authorised',
      reason: null,
    });
  });

  test('over the limit is declined, which is no error', async () => {
    const before = await app.metric(failures);
    expect(await app.authorise('at', { amount: 1_000_000, currency: 'EUR' })).toMatchObject({
      json: { status: 'authorised' },
    });
    expect(await app.authorise('over', { amount: 1_000_001, currency: 'EUR' })).toMatchObject({
      status: 201,
      json: { status: 'declined', reason: 'over_limit' },
    });
    expect(await app.metric(failures)).toBe(before);
    expect(await app.metric('authorisations_total{outcome="declined"}')).toBe(1);
  });

  test.each([
    [{ failureRate: 0.6, declineRate: 0 }, 500, undefined],
    [{ failureRate: 0.4, declineRate: 0.6 }, 201, 'declined'],
    [{ failureRate: 0.4, declineRate: 0.4 }, 201, 'authorised'],
  ])('with the rates %j and 0.5 drawn is answered with %i %s', async (rates, status, outcome) => {
    const own = await startApp({}, { banks: { ...rates, limit: 1e9 } });
    const given = await own.authorise('rates');
    expect(given.status).toBe(status);
    expect(answer.safeParse(given.json).data?.status).toBe(outcome);
    expect(await own.metric(failures)).toBe(status === 500 ? 1 : 0);
    expect(await own.metric('authorisations_total{outcome="failed"}')).toBe(status === 500 ? 1 : 0);
    await own.stop();
  });
});

describe('the idempotency key', () => {
  test('makes a second request, and ten at once, the same authorisation', async () => {
    const authorised = () => app.metric('authorisations_total{outcome="authorised"}');
    const before = (await authorised()) ?? 0;
    const answers = await Promise.all(Array.from({ length: 10 }, () => app.authorise('again')));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array(9).fill(200), 201]);
    expect(new Set(answers.map(({ json }) => answer.parse(json).id)).size).toBe(1);
    expect(await authorised()).toBe(before + 1);
  });

  test('keeps a refusal too', async () => {
    const big = { amount: 2_000_000, currency: 'EUR' };
    const first = answer.parse((await app.authorise('refused', big)).json);
    expect((await app.authorise('refused', big)).json).toMatchObject({ id: first.id, status: 'declined' });
  });

  test('is free again after a failure, which has held no money', async () => {
    const draws = [0, 0.5, 0.5];
    const own = await startApp(
      { random: () => draws.shift() ?? 0.5 },
      {
        banks: { failureRate: 0.1, declineRate: 0, limit: 1e9 },
      },
    );
    expect((await own.authorise('retry')).status).toBe(500);
    expect((await own.authorise('retry')).status).toBe(201);
    await own.stop();
  });

  test('of another charge is refused', async () => {
    await app.authorise('taken');
    for (const other of [
      { amount: 1251, currency: 'EUR' },
      { amount: 1250, currency: 'USD' },
    ]) {
      const { status, json } = await app.authorise('taken', other);
      expect(status).toBe(409);
      expect(errorAnswer.parse(json).error.message).toBe(
        'Idempotency-Key is "taken": it was used for another charge; give each charge a key of its own',
      );
    }
  });

  test('is forgotten once so many newer ones are remembered', async () => {
    const own = await startApp({ keys: 2 });
    const id = async (key: string) => answer.parse((await own.authorise(key)).json).id;
    const first = await id('a');
    const second = await id('b');
    expect(await id('a')).toBe(first);
    await id('c');
    expect(await id('b')).toBe(second);
    expect(await id('a')).not.toBe(first);
    expect(await own.get('/health')).toMatchObject({ json: { keys: 2 } });
    await own.stop();
  });
});

const whole = 'give a whole number of minor units, for example 1250 for 12.50';
test.each([
  [{ amount: 12.5, currency: 'EUR' }, `amount is 12.5: ${whole}`],
  [{ amount: 0, currency: 'EUR' }, 'amount is 0: give more than 0 minor units'],
  [{ currency: 'EUR' }, `amount is missing: ${whole}`],
  [
    { amount: 1, currency: 'eur' },
    'currency is "eur": give 3 upper-case letters as in ISO 4217, for example "EUR"',
  ],
  [{ amount: 1, currency: 'EUR', card: '4242' }, 'card is not known here: remove it or correct its spelling'],
  ['{', 'body is "{": send one object in JSON'],
])('refuses %j with the remedy', async (body, message) => {
  const { status, json } = await app.authorise('bad', body);
  expect(status).toBe(400);
  expect(errorAnswer.parse(json).error.message).toBe(message);
});

test.each([
  [undefined, 'Idempotency-Key is missing: send it: one key for each charge'],
  ['a b', 'Idempotency-Key is "a b": give 1 to 64 letters'],
  ['x'.repeat(65), 'give 1 to 64 letters, digits, dots, dashes or underscores'],
])('refuses the key %j with the remedy', async (key, message) => {
  const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
  const { status, json } = await app.ask('POST', '/authorisations', {
    body: { amount: 1, currency: 'EUR' },
    headers,
  });
  expect(status).toBe(400);
  expect(errorAnswer.parse(json).error.message).toContain(message);
});
