import { afterAll, expect, test } from 'vitest';
import { errorAnswer, startShop } from '../testing/harness.ts';

const { app, stop } = await startShop();
afterAll(stop);

const usageOf = (requestId: string) =>
  app.log().filter((line) => line['usage'] === true && line['request_id'] === requestId);
const as = (requestId: string, headers: Record<string, string> = {}) => ({
  'x-request-id': requestId,
  ...headers,
});
const tea = { amount: 250, currency: 'EUR' };

test('a sign-in is a usage event, and names who buys afterwards', async () => {
  const signedIn = await app.ask('POST', '/signin', { user: 'ada', segment: 'vip' }, as('in'));
  expect(signedIn).toMatchObject({ status: 200, json: { user: 'ada', segment: 'vip' } });
  expect(usageOf('in')).toMatchObject([{ event: 'sign_in', user: 'ada', segment: 'vip', msg: 'usage' }]);
  expect(await app.metric('usage_events_total{event="sign_in"}')).toBe(1);

  const set = signedIn.headers.getSetCookie();
  for (const one of set) expect(one).toMatch(/Path=\/; HttpOnly; SameSite=Lax$/);
  const cookie = set.map((one) => one.split(';')[0]).join('; ');
  const made = await app.ask('POST', '/transactions', tea, as('buy', { cookie }));
  expect(made.status).toBe(201);
  expect(usageOf('buy')).toMatchObject([
    { event: 'purchase', user: 'ada', segment: 'vip', amount: 250, currency: 'EUR', id: expect.any(String) },
  ]);
  expect(await app.metric('usage_events_total{event="purchase"}')).toBe(1);
});

test.each([
  ['nobody', {}, 'anonymous', 'unknown'],
  ['the baggage', { baggage: 'a=b, user.segment=new;x=y' }, 'anonymous', 'new'],
  ['made-up cookies', { cookie: 'user=a b"; segment=king' }, 'anonymous', 'unknown'],
])('a purchase by %s is one all the same', async (who, headers, user, segment) => {
  const id = who.replaceAll(' ', '-');
  await app.ask('POST', '/transactions', tea, as(id, headers));
  expect(usageOf(id)).toMatchObject([{ event: 'purchase', user, segment }]);
});

test('a purchase that is declined or replayed is no usage event', async () => {
  await app.ask('POST', '/transactions', { ...tea, amount: 999_999_999 }, as('declined'));
  expect(usageOf('declined')).toEqual([]);
  await app.ask('POST', '/transactions', tea, as('first', { 'idempotency-key': 'usage' }));
  await app.ask('POST', '/transactions', tea, as('again', { 'idempotency-key': 'usage' }));
  expect(usageOf('first')).toHaveLength(1);
  expect(usageOf('again')).toEqual([]);
});

test('no other line of the log is marked as usage', () => {
  const marked = app.log().filter((line) => 'usage' in line);
  expect(new Set(marked.map(({ msg }) => msg))).toEqual(new Set(['usage']));
});

test.each([
  [{}, 'user', 'user is missing: give the name of the user'],
  [{ user: 'a b' }, 'user', 'user is "a b": give 1 to 64 letters, digits, dots, dashes, underscores or @'],
  [{ user: 'ada', segment: 'king' }, 'segment', 'segment is "king": give one of new, regular, vip'],
])('a sign-in with %j is refused with the remedy', async (body, field, message) => {
  const { status, json } = await app.ask('POST', '/signin', body);
  expect(status).toBe(400);
  expect(errorAnswer.parse(json).error).toMatchObject({ message, fields: [{ field, message }] });
});
