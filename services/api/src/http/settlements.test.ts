import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Postgres, startPostgres } from '../../../../tests/support/postgres.ts';
import { errorAnswer, startApp } from '../testing/harness.ts';
import { sql } from '../testing/sql.ts';

let postgres: Postgres;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

/** A database with so many completed transactions, of three currencies, and some that are not completed. */
async function databaseWith(name: string, completed: number): Promise<string> {
  const url = await postgres.createDatabase(name);
  await (await startApp(url)).stop();
  await sql(
    url,
    `insert into transactions (amount, currency, status)
     select n, (array['EUR', 'CHF', 'JPY'])[1 + n % 3], 'completed' from generate_series(1, $1) as n`,
    [completed],
  );
  await sql(
    url,
    `insert into transactions (amount, currency, status)
     select 1000, 'EUR', unnest(array['pending', 'declined', 'failed', 'unknown'])`,
  );
  return url;
}

/** Every completed transaction is in exactly one settlement, and each settlement is the sum of its own. */
async function expectExactlyOnce(url: string): Promise<void> {
  const unsettled = `select id from transactions where (status = 'completed') <> (settlement_id is not null)`;
  expect(await sql(url, unsettled)).toEqual([]);
  const wrong = `
    select s.id from settlements s left join transactions t on t.settlement_id = s.id
    group by s.id having s.amount <> sum(t.amount) or s.transactions <> count(t.id)
      or count(*) filter (where t.currency <> s.currency) > 0 or count(t.id) = 0`;
  expect(await sql(url, wrong)).toEqual([]);
}

const run = z.object({
  settlements: z.array(z.object({ currency: z.string(), amount: z.number(), transactions: z.number() })),
  transactions: z.number(),
  more: z.boolean(),
});

test('settles what is completed by currency, and finds nothing the second time', async () => {
  const url = await databaseWith('settled', 6);
  const app = await startApp(url);
  const first = await app.ask('POST', '/settlements');
  expect(first.status).toBe(201);
  expect(run.parse(first.json)).toEqual({
    settlements: [
      { currency: 'CHF', amount: 5, transactions: 2 },
      { currency: 'EUR', amount: 9, transactions: 2 },
      { currency: 'JPY', amount: 7, transactions: 2 },
    ],
    transactions: 6,
    more: false,
  });
  expect(await app.ask('POST', '/settlements')).toMatchObject({
    status: 200,
    json: { settlements: [], transactions: 0, more: false },
  });
  await expectExactlyOnce(url);
  expect(await app.metric('settlements_total{outcome="ok"}')).toBe(2);
  expect(await app.metric('settled_transactions_total')).toBe(6);
  for (const step of ['extract', 'transform', 'load'])
    expect(await app.metric(`settlement_step_duration_seconds_count{step="${step}"}`)).toBe(2);
  await app.stop();
});

test('ten runs at once, by two processes, settle everything exactly once', async () => {
  const url = await databaseWith('at-once', 2_500);
  const apps = await Promise.all([startApp(url), startApp(url)]);
  const settleAll = async () => {
    const answers = Array.from({ length: 10 }, (_, index) => apps[index % 2]?.ask('POST', '/settlements'));
    const runs = (await Promise.all(answers)).map((answer) => run.parse(answer?.json));
    return runs.reduce((sum, { transactions }) => sum + transactions, 0);
  };
  // A run takes 1000 at most, and passes over what another has locked.
  let settled = 0;
  while (settled < 2_500) settled += await settleAll();
  expect(settled).toBe(2_500);
  await expectExactlyOnce(url);
  const counted = await Promise.all(apps.map((app) => app.metric('settled_transactions_total')));
  expect(counted.reduce<number>((sum, count) => sum + (count ?? 0), 0)).toBe(2_500);
  await Promise.all(apps.map((app) => app.stop()));
});

test('killed between extract and load, it leaves everything to the next run', async () => {
  const url = await databaseWith('killed', 30);
  const child = spawn(process.execPath, [join(import.meta.dirname, '../index.ts')], {
    env: {
      PATH: process.env['PATH'],
      API_DATABASE_URL: url,
      API_PAYMENTS_URL: 'http://127.0.0.1:9',
      API_LISTEN: '127.0.0.1:0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const listening = z.object({ msg: z.literal('listening'), port: z.number() });
  let port = 0;
  for await (const line of createInterface(child.stdout)) {
    const said = listening.safeParse(JSON.parse(line));
    if (!said.success) continue;
    port = said.data.port;
    break;
  }

  // The load waits here: what it writes into is locked.
  const locker = new pg.Client({ connectionString: url });
  await locker.connect();
  await locker.query('begin');
  await locker.query('lock table settlements in share mode');
  const lost = fetch(`http://127.0.0.1:${port}/settlements`, { method: 'POST' }).catch(() => 'lost');
  const loading = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like 'insert into settlements%'`;
  await expect.poll(async () => (await sql(url, loading)).length).toBe(1);
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  expect(await lost).toBe('lost');
  await locker.query('rollback');
  await locker.end();
  // PostgreSQL notices by itself that nobody is there any more.
  await expect
    .poll(
      async () => (await sql(url, `select 1 from pg_locks where relation = 'settlements'::regclass`)).length,
    )
    .toBe(0);
  expect(await sql(url, 'select id from settlements')).toEqual([]);

  const app = await startApp(url);
  expect(run.parse((await app.ask('POST', '/settlements')).json).transactions).toBe(30);
  await expectExactlyOnce(url);
  await app.stop();
});

test('a run that cannot load settles nothing, and counts as an error', async () => {
  const url = await databaseWith('failing', 3);
  await sql(url, 'alter table settlements add constraint full_table check (amount < 0) not valid');
  const app = await startApp(url);
  expect((await app.ask('POST', '/settlements')).status).toBe(500);
  expect(await app.metric('settlements_total{outcome="error"}')).toBe(1);
  expect(await app.metric('settled_transactions_total')).toBe(0);
  await sql(url, 'alter table settlements drop constraint full_table');
  expect((await app.ask('POST', '/settlements')).status).toBe(201);
  await expectExactlyOnce(url);
  await app.stop();
});

test('GET /settlements pages through them, newest first', async () => {
  const url = await databaseWith('listed', 9);
  const app = await startApp(url);
  await app.ask('POST', '/settlements');
  const page = z.object({
    settlements: z.array(z.object({ currency: z.string() })),
    next: z.string().nullable(),
  });
  const first = page.parse((await app.get('/settlements?limit=2')).json);
  expect(first.settlements.map(({ currency }) => currency)).toEqual(['JPY', 'EUR']);
  const second = page.parse((await app.get(`/settlements?limit=2&cursor=${first.next}`)).json);
  expect(second).toEqual({ settlements: [{ currency: 'CHF' }], next: null });
  const { status, json } = await app.get('/settlements?cursor=made-up');
  expect(status).toBe(400);
  expect(errorAnswer.parse(json).error['fields']).toMatchObject([{ field: 'cursor', value: 'made-up' }]);
  await app.stop();
});
