/** One request for every route of the services, and every fault. A route that is missing here fails the names test. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';

interface Addresses {
  api: string;
  payments: string;
  /** For /faults. */
  token: string;
}

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
    for (const kind of [
      { kind: 'errors', rate: 0.5 },
      { kind: 'latency', ms: 1 },
    ])
      await ask('POST', `${base}/faults`, kind, authorization);
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
  await ask('POST', `${api}/transactions/create`);
  await ask('GET', `${api}/error`);
  for (const path of ['/', '/shop/main.js']) await ask('GET', api + path);
}
