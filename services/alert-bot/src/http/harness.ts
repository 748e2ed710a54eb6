// For the tests only: asking the bot in this process as a client with a token would.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { TestBot } from '../testing/bot.ts';

export const tokenOf = ({ folder }: TestBot, kind: 'webhook' | 'admin'): string =>
  readFileSync(join(folder, 'tokens', kind), 'utf8').trim();

const json = z.looseObject({});

async function ask(bot: TestBot, path: string, kind: 'webhook' | 'admin', body?: unknown) {
  const response = await bot.app.request(path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${tokenOf(bot, kind)}` },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, json: json.parse(await response.json()) };
}

export const get = (bot: TestBot, path: string) => ask(bot, `/api/v1${path}`, 'admin');
export const order = (bot: TestBot, path: string, body: unknown) => ask(bot, `/api/v1${path}`, 'admin', body);
export const fire = (bot: TestBot, service: string, more: Readonly<Record<string, string>> = {}) =>
  ask(bot, '/webhook?wait=10s', 'webhook', {
    status: 'firing',
    labels: { alertname: 'HighErrorRate', service, ...more },
  });
