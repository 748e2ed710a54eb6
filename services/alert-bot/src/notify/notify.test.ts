// Both adapters against a real server that answers as theirs may.
import { expect, test } from 'vitest';
import { NoticeError } from '../domain/notice.ts';
import { type Answer, startReceiver } from '../testing/receiver.ts';
import { annotationOf, createGrafana } from './grafana.ts';
import { createSlack } from './slack.ts';

const never = new AbortController().signal;
const limits = { stopping: never, within: 300 };
const REPORT = JSON.stringify({ text: 'a *quiet* night', from: 1, to: 2 });
const ACTION = {
  incident: 12,
  attempt: 7,
  target: 'supervisor:api',
  service: 'api',
  playbook: 'restart-on-errors',
  title: 'HighErrorRate',
  outcome: 'helped',
  detail: 'proven after the restart',
  from: 1_000,
  to: 42_000,
};

const failureOf = async (sending: Promise<void>): Promise<NoticeError> => {
  const failure = await sending.then(
    () => new Error('it was taken'),
    (error: unknown) => error,
  );
  if (failure instanceof NoticeError) return failure;
  throw failure;
};

test('a report is posted as JSON with its text', async () => {
  await using server = await startReceiver();
  await createSlack(() => `${server.url}/services/T0/B0/secret`, limits)(REPORT);
  expect(server.received).toHaveLength(1);
  expect(server.received[0]).toMatchObject({
    path: '/services/T0/B0/secret',
    headers: { 'content-type': 'application/json; charset=utf-8' },
  });
  expect(JSON.parse(server.received[0]?.body ?? '')).toEqual({
    text: 'a *quiet* night',
    unfurl_links: false,
    unfurl_media: false,
  });
});

test('an action is a region with its tags, and leads to the incident', async () => {
  await using server = await startReceiver();
  server.answer = { kind: 'status', status: 200, body: '{"message":"Annotation added","id":1}' };
  const grafana = {
    ...{ url: `${server.url}/grafana`, user: null, externalUrl: 'https://bot.example.org', limits },
    secret: () => 'glsa_x',
  };
  await createGrafana(grafana)(JSON.stringify(ACTION));
  expect(server.received[0]).toMatchObject({
    path: '/grafana/api/annotations',
    headers: { authorization: 'Bearer glsa_x' },
  });
  expect(JSON.parse(server.received[0]?.body ?? '')).toEqual({
    time: 1_000,
    timeEnd: 42_000,
    tags: ['alert-bot', 'service:api', 'playbook:restart-on-errors', 'outcome:helped'],
    text: 'supervisor:api: HighErrorRate. The action helped: proven after the restart. <a href="https://bot.example.org/incidents/12">incident 12</a>',
  });
  await createGrafana({ ...grafana, user: 'admin', secret: () => 'pass:wörd' })(JSON.stringify(ACTION));
  expect(server.received[1]?.headers.authorization).toBe(
    `Basic ${Buffer.from('admin:pass:wörd').toString('base64')}`,
  );
});

test('what stands in labels is text in an annotation', () => {
  const { text } = annotationOf(
    { ...ACTION, title: '<img src=x onerror="x()">', service: null, playbook: null, detail: "a & b's" },
    null,
  );
  expect(text).toBe(
    'supervisor:api: &lt;img src=x onerror=&quot;x()&quot;&gt;. The action helped: a &amp; b&#39;s. incident 12',
  );
});

test.each<[string, Answer, RegExp]>([
  ['bad request', { kind: 'status', status: 400, body: 'invalid_payload' }, /answered 400: invalid_payload$/],
  [
    'no right',
    { kind: 'status', status: 401, body: '{"message":"Unauthorized"}' },
    /answered 401, so it refuses the secret: renew it/,
  ],
  ['gone', { kind: 'status', status: 410 }, /answered 410, so it is not there any more/],
  [
    'redirection',
    { kind: 'status', status: 302, headers: { location: 'http://127.0.0.1:1/' } },
    /answered 302, which leads elsewhere and is not followed/,
  ],
  ['failure', { kind: 'status', status: 503, body: `${'long '.repeat(400)}` }, /answered 503: (long )+.*…$/],
  ['silence', { kind: 'hang' }, /no answer within 0.3 s$/],
  ['cut connection', { kind: 'cut' }, /not reachable \((ECONNRESET|UND_ERR_SOCKET)\)$/],
])('%s is told in a sentence, without the secret', async (_, answer, message) => {
  await using server = await startReceiver();
  server.answer = answer;
  const slack = await failureOf(createSlack(() => `${server.url}/SECRET`, limits)(REPORT));
  expect(slack.message).toMatch(message);
  const grafana = await failureOf(
    createGrafana({ url: server.url, user: null, externalUrl: null, limits, secret: () => 'SECRET' })(
      JSON.stringify(ACTION),
    ),
  );
  expect(grafana.message).toMatch(message);
  expect(`${slack.message} ${grafana.message}`).not.toContain('SECRET');
  expect(server.received).toHaveLength(2);
});

test('nobody there, and a secret that cannot be read, are told so', async () => {
  const gone = await startReceiver();
  await gone[Symbol.asyncDispose]();
  const away = await failureOf(createSlack(() => `${gone.url}/SECRET`, limits)(REPORT));
  expect(away.message).toBe('the webhook for reports: not reachable (ECONNREFUSED)');
  const refused = await failureOf(createSlack(() => 'http://127.0.0.1:1/SECRET', limits)(REPORT));
  expect(refused.message).toBe('the webhook for reports: not reachable (bad port)');
  const unread = createSlack(() => {
    throw new Error('the file /x cannot be read');
  }, limits);
  expect((await failureOf(unread(REPORT))).message).toBe('the file /x cannot be read');
});

test('429 says how long to wait, in seconds or as a date', async () => {
  await using server = await startReceiver();
  const send = createSlack(() => server.url, limits);
  server.answer = { kind: 'status', status: 429, headers: { 'retry-after': '30' } };
  expect((await failureOf(send(REPORT))).retryAfter).toBe(30_000);
  server.answer = {
    kind: 'status',
    status: 429,
    headers: { 'retry-after': new Date(Date.now() + 60_000).toUTCString() },
  };
  const { retryAfter } = await failureOf(send(REPORT));
  expect(retryAfter).toBeGreaterThan(50_000);
  expect(retryAfter).toBeLessThanOrEqual(60_000);
  server.answer = { kind: 'status', status: 429, headers: { 'retry-after': 'soon' } };
  expect((await failureOf(send(REPORT))).retryAfter).toBe(0);
});

test('an answer without an end is not read to it', async () => {
  await using server = await startReceiver();
  server.answer = { kind: 'endless' };
  await createSlack(() => server.url, { stopping: never, within: 20_000 })(REPORT);
});

test('a stop of the bot does not wait for an answer', async () => {
  await using server = await startReceiver();
  server.answer = { kind: 'hang' };
  const stopping = new AbortController();
  const sending = createSlack(() => server.url, { stopping: stopping.signal, within: 600_000 })(REPORT);
  const failed = failureOf(sending);
  while (server.received.length === 0) await new Promise(setImmediate);
  stopping.abort();
  expect((await failed).message).toContain('not reachable');
});
