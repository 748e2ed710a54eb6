// A process of its own: the least that a purchase can be on these packages. It parses the body, makes the same two
// statements and the same call, and answers; no validation, metrics, logs, limits or errors.
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 10 });
const gateway = `${process.env['GATEWAY_URL']}/authorisations`;

const insert = {
  name: 'insert',
  text: `insert into transactions (amount, currency, description, status) values ($1, $2, $3, 'pending') returning id, created_at`,
};
const finish = { name: 'finish', text: 'update transactions set status = $2 where id = $1 returning id' };

const app = new Hono().post('/transactions', async (c) => {
  const { amount, currency, description } = await c.req.json();
  const { rows } = await pool.query({ ...insert, values: [amount, currency, description] });
  const [{ id, created_at }] = rows;
  const answer = await fetch(gateway, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id, amount, currency }),
  });
  await answer.json();
  await pool.query({ ...finish, values: [id, 'completed'] });
  return c.json({ id, amount, currency, description, status: 'completed', created_at }, 201);
});

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
  console.log(JSON.stringify({ url: `http://127.0.0.1:${port}` })),
);
