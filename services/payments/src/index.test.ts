import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type Payments, startPayments } from '../../../tests/support/payments.ts';

let running: Payments | undefined;
afterEach(() => running?.stop());

/** Runs the service until it ends by itself. */
async function refused(env: Record<string, string>): Promise<{ code: unknown; said: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'index.ts')], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = await once(child, 'close');
  return { code, said };
}

test('serves on the port it says, and a restart heals a fault', async () => {
  running = await startPayments();
  const { url } = running;
  const ask = async (key: string) => {
    const body = JSON.stringify({ amount: 1, currency: 'EUR' });
    const response = await fetch(`${url}/authorisations`, {
      method: 'POST',
      headers: { 'idempotency-key': key },
      body,
    });
    return response.status;
  };
  await running.fault({ kind: 'errors', rate: 1 });
  expect(await ask('a')).toBe(500);
  await running.kill();
  await running.start();
  expect(await ask('a')).toBe(201);
});

test('a taken port is one sentence and exit code 1', async () => {
  running = await startPayments();
  const { host } = new URL(running.url);
  expect(await refused({ PAYMENTS_LISTEN: host })).toEqual({
    code: 1,
    said: `payments: Cannot listen on ${host}: another process uses this port. Stop it, or set PAYMENTS_LISTEN to another host:port.\n`,
  });
});

test('an environment that cannot be used is one line with every problem and exit code 2', async () => {
  expect(await refused({ PAYMENTS_LISTEN: 'nowhere', PAYMENTS_LIMIT: '0' })).toEqual({
    code: 2,
    said:
      'payments: PAYMENTS_LISTEN is "nowhere": give host:port, for example 127.0.0.1:8010; ' +
      'PAYMENTS_LIMIT is "0": give a whole number of minor units, for example 10000000\n',
  });
});
