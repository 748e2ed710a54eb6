// A process of its own: the intake without group commit. It parses the body, writes it into the same log in a transaction of
// its own, which is synced, and answers.
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { openLog } from '../../services/alert-bot/src/store/db.ts';
import { insertDelivery } from '../../services/alert-bot/src/store/deliveries.ts';

const { db } = openLog(process.argv[2] ?? '');
const keep = db.transaction(insertDelivery);
let number = 0;

const app = new Hono().post('/webhook', async (c) => {
  const body = await c.req.text();
  const { alerts, groupKey } = JSON.parse(body);
  number += 1;
  keep.immediate(db, {
    ...{ id: `delivery-${number}`, receivedAt: Date.now(), source: 'alertmanager', groupKey, body },
  });
  return c.json({ accepted: alerts.length }, 202);
});

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
  console.log(JSON.stringify({ url: `http://127.0.0.1:${port}` })),
);
