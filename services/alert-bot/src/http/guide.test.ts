import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { bootSupervisor, staying } from '../../../supervisor/src/harness.ts';
import { createApart } from '../apart/apart.ts';
import { startBot, type TestBot } from '../testing/bot.ts';
import { createApi } from './api.ts';
import { fire, observe } from './harness.ts';
import { PROBLEMS } from './problem.ts';
import { closeServer, listen } from './server.ts';

const guide = readFileSync(resolve(import.meta.dirname, '../../../../docs/api.md'), 'utf8');

/** Commands as they stand, each with the answer that stands below it, if any. */
const examples = [...guide.matchAll(/^```sh\n(.*?)^```\n(?:\n```json\n(.*?)^```\n)?/gms)].map(
  ([, command = '', answer]) => ({ command, answer }),
);
const isPrelude = (command: string): boolean => command.includes('api() {');
const prelude = examples.find(({ command }) => isPrelude(command))?.command ?? '';

let supervisor: Awaited<ReturnType<typeof bootSupervisor>>;
let bot: TestBot;
let server: Awaited<ReturnType<typeof listen>>;
let address: string;

beforeAll(async () => {
  supervisor = await bootSupervisor(`
processes:
  api: { command: ${staying()}, labels: { alert-bot.enable: 'true', alert-bot.mode: approve } }
`);
  bot = startBot(supervisor.socket);
  server = await listen(bot.app.fetch, { host: '127.0.0.1', port: 0 });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('it listens nowhere');
  address = `http://127.0.0.1:${bound.port}`;
  await fire(bot, 'api');
  await fire(bot, 'nobody');
  // A third one, so that there are two pages of two.
  await fire(bot, 'somebody');
  await observe(bot);
}, 60_000);
afterAll(async () => {
  await closeServer(server);
  await bot[Symbol.asyncDispose]();
  await supervisor[Symbol.asyncDispose]();
});

const here = (command: string): string =>
  command.replaceAll('http://127.0.0.1:5000', address).replaceAll('.run/start/alert-bot', bot.folder);

describe('docs/api.md', () => {
  test('each example does what stands below it', { timeout: 60_000 }, async () => {
    expect(examples.length).toBeGreaterThan(10);
    for (const { command, answer } of examples) {
      const { stdout, stderr } = await promisify(execFile)('bash', ['-ec', here(`${prelude}${command}`)]);
      expect(stderr).toBe('');
      if (isPrelude(command)) continue;
      const told: unknown = JSON.parse(stdout);
      const expected = z.record(z.string(), z.unknown()).parse(JSON.parse(answer ?? '{}'));
      expect({ command, told }).toMatchObject({ command, told: expected });
    }
  });

  test('names each operation and its filters, and none that is not', () => {
    const { operations } = createApi(
      bot.deps,
      { problems: () => [], notes: () => [] },
      createApart(bot.deps),
    );
    const named = [...guide.matchAll(/`(GET|POST) \/api\/v1(\/[^`]*)`/g)].map(
      ([, method, path]) => `${method} ${path}`,
    );
    const there = operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(named.toSorted()).toEqual(there.toSorted());

    const keys = z.object({ shape: z.record(z.string(), z.unknown()) });
    for (const [, path = '', filters = ''] of guide.matchAll(/`GET \/api\/v1(\/[^`]*)`: (`.*`)/g)) {
      const query = operations.find((one) => one.method === 'get' && one.path === path)?.query;
      const own = Object.keys(keys.parse(query).shape).filter(
        (key) => !['cursor', 'limit', 'before'].includes(key),
      );
      expect([path, ...filters.replaceAll('`', '').split(', ')]).toEqual([path, ...own]);
    }
  });

  test('has each problem with its status', () => {
    const rows = [...guide.matchAll(/^\| (\d{3}) \| (`[^|]*) \|/gm)].flatMap(([, status, codes = '']) =>
      codes.split(', ').map((code) => `${code.replaceAll('`', '')} ${status}`),
    );
    const there = Object.entries(PROBLEMS).map(([code, [status]]) => `${code} ${status}`);
    expect(rows.toSorted()).toEqual(there.toSorted());
  });
});
