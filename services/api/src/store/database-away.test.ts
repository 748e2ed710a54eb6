import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Postgres, startPostgres } from '../../../../tests/support/postgres.ts';
import { errorAnswer, type RunningApp, startApp } from '../testing/harness.ts';
import { sql } from '../testing/sql.ts';

let postgres: Postgres;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterEach(() => postgres.resume());
afterAll(() => postgres?.stop());

async function timed<T>(work: Promise<T>): Promise<{ answer: T; ms: number }> {
  const started = performance.now();
  return { answer: await work, ms: performance.now() - started };
}

const pool = async (app: RunningApp) => ({
  total: await app.metric('db_pool_connections{state="total"}'),
  idle: await app.metric('db_pool_connections{state="idle"}'),
  waiting: await app.metric('db_pool_connections{state="waiting"}'),
});

test('answers 503 while the database is away, leaks no connection, and recovers by itself', async () => {
  const app = await startApp(postgres.url);
  expect(await app.get('/health')).toMatchObject({ status: 200 });
  await postgres.pause();

  const answers = await Promise.all(Array.from({ length: 100 }, () => timed(app.get('/transactions'))));
  for (const { answer, ms } of answers) {
    expect(answer.status).toBe(503);
    expect(ms).toBeLessThan(2_500);
    expect(errorAnswer.parse(answer.json).error).toMatchObject({
      code: 'database_unavailable',
      message: 'The database does not answer. Try again in a few seconds.',
    });
    // Nothing of the inside: no address, user, driver message or SQL.
    expect(answer.text).not.toMatch(/ECONN|127\.0\.0\.1|postgres|select|\bat /i);
  }
  expect(await app.get('/livez')).toMatchObject({ status: 200 });
  expect(await app.get('/health')).toMatchObject({ status: 503, json: { status: 'unavailable' } });
  expect(app.log().findLast(({ route }) => route === '/health')).toMatchObject({
    level: 'warn',
    code: 'database_unavailable',
    cause: expect.stringContaining('ECONNREFUSED'),
  });
  expect(await pool(app)).toEqual({ total: 0, idle: 0, waiting: 0 });

  await postgres.resume();
  await expect.poll(async () => (await app.get('/health')).status, { timeout: 5_000 }).toBe(200);
  expect(await app.get('/transactions')).toMatchObject({ status: 200 });
  const { total, idle, waiting } = await pool(app);
  expect({ waiting, idle }).toEqual({ waiting: 0, idle: total });
  expect(app.log().filter(({ level }) => level === 'error')).toEqual([]);
  await app.stop();
});

test('started without its database, it serves, and applies sticky faults as soon as the database is there', async () => {
  const url = await postgres.createDatabase('late');
  const before = await startApp(url);
  await before.faults('POST', { kind: 'errors', rate: 1, sticky: true });
  await before.stop();

  await postgres.pause();
  const app = await startApp(url);
  expect(await app.get('/livez')).toMatchObject({ status: 200 });
  expect(await app.get('/transactions')).toMatchObject({ status: 503 });
  // No statement is sent before it is prepared: without this nobody could tell that the database is away.
  const failed = () => app.metric('db_queries_total{operation="other",outcome="error"}');
  await expect.poll(failed, { timeout: 5_000 }).toBeGreaterThan(1);
  await postgres.resume();
  // Never 200: the first request that reaches the database finds the fault in force.
  const statuses = new Set<number>();
  await expect
    .poll(async () => {
      const { status } = await app.get('/transactions');
      statuses.add(status);
      return status;
    })
    .toBe(500);
  expect([...statuses].filter((status) => status !== 503)).toEqual([500]);
  await app.stop();
});

test('with nobody asking, the schema is made in the background', async () => {
  const url = await postgres.createDatabase('quiet');
  await postgres.pause();
  const app = await startApp(url);
  await expect.poll(() => app.log().some(({ msg }) => msg.startsWith('database not prepared'))).toBe(true);
  await postgres.resume();
  await expect
    .poll(() => app.log().some(({ msg }) => msg === 'database prepared'), { timeout: 5_000 })
    .toBe(true);
  await app.stop();
});

test('a database replaced by an empty one is prepared anew', async () => {
  const url = await postgres.createDatabase('emptied');
  const app = await startApp(url);
  const { Client } = (await import('pg')).default;
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('drop schema public cascade; create schema public');
  await client.end();
  // Whoever finds no table, the request or the housekeeping before it, has it prepared for the next one.
  expect([200, 503]).toContain((await app.get('/transactions')).status);
  expect(await app.get('/transactions')).toMatchObject({ status: 200 });
  await app.stop();
});

test('a database that falls silent is given up after 2 s, also by many requests at once', async () => {
  const proxy = await startProxy(postgres.port);
  const app = await startApp(await postgres.createDatabase('silent').then((url) => proxy.behind(url)));
  expect(await app.get('/health')).toMatchObject({ status: 200 });
  proxy.freeze();
  for (const path of ['/health', '/transactions']) {
    const answers = await Promise.all(Array.from({ length: 30 }, () => timed(app.get(path))));
    for (const { answer, ms } of answers) {
      expect(answer.status).toBe(503);
      expect(ms).toBeLessThan(2_500);
    }
  }
  // Connections still being made when the requests gave up end by their own time limit.
  await expect.poll(() => pool(app), { timeout: 2_000 }).toEqual({ total: 0, idle: 0, waiting: 0 });
  proxy.thaw();
  await expect.poll(async () => (await app.get('/transactions')).status).toBe(200);
  await app.stop();
  proxy.close();
});

test('outlives a database that greets and dies in one packet', async () => {
  const proxy = await startProxy(postgres.port);
  const app = await startApp(proxy.behind(postgres.url));
  await expect.poll(async () => (await app.get('/health')).status).toBe(200);
  const url = postgres.url;
  const others = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'api'`;
  await sql(url, others);
  await expect.poll(async () => (await pool(app)).total).toBe(0);

  // What the server says is kept back until its last word is among it.
  proxy.collect();
  const asked = app.get('/transactions');
  await expect.poll(() => proxy.kept(readyForQuery)).toBe(true);
  await sql(url, others);
  await expect.poll(() => proxy.kept('terminating connection')).toBe(true);
  proxy.deliver();
  expect(await asked).toMatchObject({ status: 503 });
  await expect.poll(async () => (await app.get('/transactions')).status).toBe(200);
  await app.stop();
  proxy.close();
});

/** The end of the server's greeting. */
const readyForQuery = Buffer.from('5a0000000549', 'hex');

/** A wire to the database that can fall silent without closing, as a broken network does. */
async function startProxy(target: number) {
  const sockets = new Set<Socket>();
  let frozen = false;
  let collecting = false;
  let kept = Buffer.alloc(0);
  let flush: () => void = () => undefined;
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => {
        if (collecting && from === upstream && (kept.length > 0 || bytes.includes(readyForQuery))) {
          kept = Buffer.concat([kept, bytes]);
          flush = () => void to.write(kept);
        } else if (!frozen) to.write(bytes);
      });
      from.on('error', () => undefined);
      from.on('close', () => (kept.length > 0 && collecting) || to.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    behind: (url: string) => Object.assign(new URL(url), { port: String(port) }).href,
    freeze: () => {
      frozen = true;
    },
    thaw: () => {
      frozen = false;
    },
    /** From the next greeting on, keeps what the server says; `deliver` gives all of it at once. */
    collect: () => {
      collecting = true;
    },
    kept: (text: string | Buffer) => kept.includes(text),
    deliver: () => {
      collecting = false;
      flush();
      kept = Buffer.alloc(0);
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
