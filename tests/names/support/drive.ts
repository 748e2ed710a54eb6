/** One request for every route of the services, and every fault. A route that is missing here fails the names test. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';

interface Addresses {
  api: string;
  payments: string;
  /** For /faults. */
  token: string;
}

/** All that the services have between them; a service refuses what it does not know. */
const FAULTS = [
  { kind: 'errors', rate: 0.5 },
  { kind: 'latency', ms: 1 },
  { kind: 'hang', rate: 0.1 },
  { kind: 'block', ms: 1, every_ms: 1_000 },
  { kind: 'leak', mb_per_minute: 1 },
  { kind: 'pool', connections: 1 },
  { kind: 'slow_database', ms: 1 },
];

const charge = { amount: 1_250, currency: 'EUR' };
const recorded = z.looseObject({ id: z.string() });

export async function drive({ api, payments, token }: Addresses): Promise<void> {
  const authorization = { authorization: `Bearer ${token}` };
  const ask = async (method: string, url: string, body?: object, headers: Record<string, string> = {}) => {
    const response = await fetch(url, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: text.startsWith('{') ? JSON.parse(text) : undefined };
  };

  for (const base of [api, payments]) {
    for (const path of ['/livez', '/health', '/metrics', '/no-such-route']) await ask('GET', base + path);
    for (const fault of FAULTS) await ask('POST', `${base}/faults`, fault, authorization);
    await ask('GET', `${base}/faults`, undefined, authorization);
    await ask('DELETE', `${base}/faults`, undefined, authorization);
  }

  await ask('POST', `${payments}/authorisations`, charge, { 'idempotency-key': randomUUID() });

  const made = await ask('POST', `${api}/transactions`, charge);
  const { id } = z
    .union([
      recorded,
      z
        .looseObject({ error: z.looseObject({ transaction: recorded }) })
        .transform(({ error }) => error.transaction),
    ])
    .parse(made.json);
  await ask('GET', `${api}/transactions`);
  await ask('GET', `${api}/transactions/${id}`);
  await ask('GET', `${api}/transactions/stats`);
  await ask('POST', `${api}/transactions/create`);
  for (const mode of ['sequential', 'concurrent'])
    await ask('POST', `${api}/transactions/batch`, { n: 2, mode });
  await ask('POST', `${api}/settlements`);
  await ask('GET', `${api}/settlements`);
  await ask('POST', `${api}/signin`, { user: 'ada' });
  await ask('GET', `${api}/openapi.json`);
  await ask('GET', `${api}/error`);
  await ask('POST', `${api}/signin`, { user: 'ada', segment: 'vip' });
  const key = { 'idempotency-key': randomUUID() };
  for (const _ of ['first', 'again']) await ask('POST', `${api}/transactions`, charge, key);
  for (const mode of ['sequential', 'concurrent'])
    await ask('POST', `${api}/transactions/batch`, { n: 2, mode });
  await ask('GET', `${api}/transactions/stats`);
  await ask('POST', `${api}/settlements`);
  await ask('GET', `${api}/settlements`);
  await ask('GET', `${api}/openapi.json`);
  for (const path of ['/', '/shop/main.js']) await ask('GET', api + path);
}
