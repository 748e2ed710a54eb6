import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Postgres, startPostgres } from '../../../tests/support/postgres.ts';
import { startHeldGateway } from './testing/gateway.ts';
import { errorAnswer, startApp } from './testing/harness.ts';
import { sql } from './testing/sql.ts';

let postgres: Postgres;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

const often = { everyMs: 50, pendingMs: 60_000, rows: 3, rounds: 20 };

/** Transactions of processes that are gone: so many, pending for so long. */
const pendingSince = (url: string, minutes: number, count: number) =>
  sql(
    url,
    `insert into transactions (amount, currency, status, created_at)
     select 1, 'EUR', 'pending', now() - $1 * interval '1 minute' from generate_series(1, $2)`,
    [minutes, count],
  );
const countOf = async (url: string, status: string) =>
  (await sql(url, 'select id from transactions where status = $1', [status])).length;

test('what is pending for over a minute becomes unknown, which is counted and told', async () => {
  const url = await postgres.createDatabase('given-up');
  await (await startApp(url)).stop();
  await pendingSince(url, 2, 10);
  await pendingSince(url, 0.5, 1);

  // More than one statement takes, and by two replicas at once: each is counted once.
  const replicas = await Promise.all([1, 2].map(() => startApp(url, { housekeeping: often })));
  await expect.poll(() => countOf(url, 'unknown')).toBe(10);
  expect(await countOf(url, 'pending')).toBe(1);
  const told = () => replicas.flatMap((app) => app.log().filter(({ msg }) => msg.startsWith('pending')));
  await expect.poll(() => told().reduce((sum, line) => sum + z.number().parse(line['count']), 0)).toBe(10);
  const counted = await Promise.all(
    replicas.map((app) => app.metric('processed_transactions_total{status="unknown"}')),
  );
  expect(counted.reduce<number>((sum, count) => sum + (count ?? 0), 0)).toBe(10);
  await Promise.all(replicas.map((app) => app.stop()));
});

test('a key of such a transaction is answered with what is known, and buys nothing again', async () => {
  const url = await postgres.createDatabase('unknown-key');
  const gateway = await startHeldGateway();
  const first = await startApp(url, {}, { paymentsUrl: gateway.url });
  const buy = (app: typeof first) =>
    app.ask('POST', '/transactions', { amount: 5, currency: 'EUR' }, { 'idempotency-key': 'k-1' });
  const lost = buy(first).catch(() => undefined);
  await expect.poll(gateway.asked).toBe(1);
  await sql(url, `update transactions set created_at = now() - interval '2 minutes'`);

  const second = await startApp(url, { housekeeping: often }, { paymentsUrl: gateway.url });
  await expect.poll(() => countOf(url, 'unknown')).toBe(1);
  const { status, json } = await buy(second);
  expect(status).toBe(502);
  expect(errorAnswer.parse(json).error).toMatchObject({
    code: 'outcome_unknown',
    transaction: { status: 'unknown' },
  });

  // The one that asked was only slow: its answer is the truth, and replayed from then on.
  gateway.open();
  expect(await lost).toMatchObject({ status: 201 });
  expect(await countOf(url, 'completed')).toBe(1);
  expect(await buy(second)).toMatchObject({ status: 201 });
  expect(gateway.asked()).toBe(1);
  await Promise.all([first.stop(), second.stop()]);
  gateway.close();
});

test('expired keys are forgotten, the others are not', async () => {
  const url = await postgres.createDatabase('pruned');
  await (await startApp(url)).stop();
  await pendingSince(url, 0, 1);
  await sql(
    url,
    `insert into idempotency_keys (key, fingerprint, transaction_id, expires_at)
     select 'k-' || n, 'f', (select id from transactions limit 1), now() + (n - 8) * interval '1 hour'
     from generate_series(1, 10) as n`,
  );
  const app = await startApp(url, { housekeeping: often });
  await expect
    .poll(() => sql(url, 'select key from idempotency_keys order by key'))
    .toEqual([{ key: 'k-10' }, { key: 'k-9' }]);
  await app.stop();
});

test('with the database away it goes on when the database is back', async () => {
  const url = await postgres.createDatabase('away');
  const app = await startApp(url, { housekeeping: often });
  await postgres.pause();
  await expect.poll(() => app.log().some(({ msg }) => msg === 'housekeeping failed')).toBe(true);
  await postgres.resume();
  await pendingSince(url, 2, 1);
  await expect.poll(() => countOf(url, 'unknown')).toBe(1);
  await app.stop();
});
