import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Postgres, startPostgres } from '../../../../tests/support/postgres.ts';
import { type RunningApp, startApp } from '../testing/harness.ts';

let postgres: Postgres;
let app: RunningApp;

beforeAll(async () => {
  postgres = await startPostgres();
  app = await startApp(postgres.url);
});
afterAll(async () => {
  await app?.stop();
  await postgres?.stop();
});

/** Sends that and no more; answers what came back until the connection was closed, and after how long. */
async function hang(sent: string): Promise<{ answer: string; ms: number }> {
  const started = performance.now();
  const socket = connect(Number(new URL(app.base).port), '127.0.0.1');
  socket.write(sent);
  const answer = await text(socket);
  return { answer: answer.split('\r\n')[0] ?? '', ms: performance.now() - started };
}

const head = 'POST /transactions HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\n';

test('a client that hangs is closed, and is nobody else’s error', { timeout: 60_000 }, async () => {
  const [nothing, headers, body] = await Promise.all([
    hang(''),
    hang(head),
    hang(`${head}content-length: 100\r\n\r\n{"amount":`),
  ]);
  const timedOut = 'HTTP/1.1 408 Request Timeout';
  expect([nothing.answer, headers.answer, body.answer]).toEqual([timedOut, timedOut, timedOut]);
  for (const { ms } of [nothing, headers]) expect(ms).toBeGreaterThan(4_900);
  expect(body.ms).toBeGreaterThan(9_900);
  for (const { ms } of [nothing, headers, body]) expect(ms).toBeLessThan(20_000);

  const ours = 'http_requests_total{method="POST",route="/transactions",status="4xx"}';
  await expect.poll(() => app.metric(ours)).toBe(1);
  expect(app.log().filter(({ code }) => code === 'body_broken_off')).toHaveLength(1);
  expect(await app.metric('http_exceptions_total')).toBe(0);
  // The scrape itself is one.
  expect(await app.metric('http_requests_in_flight')).toBe(1);
});

test('a client that goes away in the midst of its body is nobody else’s error', async () => {
  const socket = connect(Number(new URL(app.base).port), '127.0.0.1');
  socket.write(`${head}content-length: 100\r\n\r\n{"amount":`);
  await expect.poll(() => app.metric('http_requests_in_flight')).toBe(2);
  socket.destroy();
  await expect.poll(() => app.metric('http_requests_in_flight')).toBe(1);
  expect(await app.metric('http_exceptions_total')).toBe(0);
});
