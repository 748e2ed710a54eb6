// A process of its own: the least that a webhook can be on these packages. It reads and parses the body and answers.
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const app = new Hono().post('/webhook', async (c) => {
  const { alerts } = await c.req.json();
  return c.json({ accepted: alerts.length }, 202);
});

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
  console.log(JSON.stringify({ url: `http://127.0.0.1:${port}` })),
);
