import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Postgres, startPostgres } from '../../../../tests/support/postgres.ts';
import { migrate, migrationFiles } from './migrate.ts';

let postgres: Postgres;
let client: pg.Client;

beforeAll(async () => {
  postgres = await startPostgres();
  await migrate(postgres.url);
  client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
});
afterAll(async () => {
  await client?.end();
  await postgres?.stop();
});

test('replicas that start together apply each migration once, and none of them fails', async () => {
  const url = await postgres.createDatabase('together');
  const applied = await Promise.all(Array.from({ length: 8 }, () => migrate(url)));
  expect(applied.filter((names) => names.length > 0)).toEqual([migrationFiles()]);
});

test.each(migrationFiles())('%s may run twice', async (name) => {
  await client.query(readFileSync(join(import.meta.dirname, 'migrations', name), 'utf8'));
});

test.each([
  ['an amount of 0', "(0, 'EUR', 'completed')", 'transactions_amount_check'],
  ['a currency in lower case', "(1, 'eur', 'completed')", 'transactions_currency_check'],
  ['a status nobody knows', "(1, 'EUR', 'maybe')", 'transactions_status_check'],
])('the table refuses %s', async (_, values, constraint) => {
  await expect(
    client.query(`insert into transactions (amount, currency, status) values ${values}`),
  ).rejects.toMatchObject({ constraint });
});

test('the newest first are read from an index, without sorting', async () => {
  await client.query('set enable_seqscan = off');
  const { rows } = await client.query(
    'explain select * from transactions order by created_at desc, id desc limit 20',
  );
  expect(JSON.stringify(rows)).toContain('transactions_newest_first');
});
