import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { expect, test } from 'vitest';
import { cli } from '../cli/harness.ts';
import { openStorm } from '../store/storms.ts';
import { startBot, type TestBot } from '../testing/bot.ts';
import { again } from '../testing/log.ts';
import { rage } from './harness.ts';

/** No supervisor is there: nothing here asks for a target. */
const idle = () => startBot('/nowhere/s.sock', { idle: true });
const admin = ({ folder }: TestBot) => readFileSync(join(folder, 'tokens', 'admin'), 'utf8').trim();

async function ask(bot: TestBot, path: string, init: RequestInit = {}) {
  const headers = { authorization: `Bearer ${admin(bot)}` };
  const response = await bot.app.request(`/api/v1${path}`, { ...init, headers });
  return { status: response.status, json: await response.json() };
}
const release = (bot: TestBot, body: unknown) =>
  ask(bot, '/storm/release', { method: 'POST', body: JSON.stringify(body) });

test('says what a storm holds, and that there is none', async () => {
  await using bot = idle();
  expect(await ask(bot, '/storm')).toEqual({ status: 200, json: { storm: null } });
  rage(bot);
  const { json } = await ask(bot, '/storm');
  const { incidents } = bot.deps.playbooks().limits.storm;
  expect(json).toMatchObject({ storm: { phase: 'held', incidents, held: incidents } });
  expect(JSON.stringify(json)).toContain('s0, s1, s2');
});

test('G13: a person releases it before it is calm; who and why is kept, and what it held is looked at', async () => {
  await using bot = idle();
  const { db } = bot.deps;
  rage(bot);
  const storm = openStorm(db);
  expect(await release(bot, { by: 'somebody', why: 'the switch is back' })).toMatchObject({
    status: 200,
    json: { incident: storm?.incident, held: 10 },
  });
  expect(await ask(bot, '/storm')).toMatchObject({ json: { storm: { phase: 'released' } } });
  const audited = db.prepare('SELECT by, why, action FROM audit').all();
  expect(audited).toEqual([{ by: 'somebody', why: 'the switch is back', action: 'release' }]);
  expect(again(db, 1).nextLookAt).toBeLessThanOrEqual(bot.deps.now());
  expect(bot.logged()).toContain('the switch is back');
});

test('nothing to release is told so', async () => {
  await using bot = idle();
  const nothing = { status: 409, json: { detail: expect.stringContaining('no storm is held') } };
  expect(await release(bot, { by: 'somebody' })).toMatchObject(nothing);
  rage(bot);
  await release(bot, { by: 'somebody' });
  expect(await release(bot, { by: 'somebody' })).toMatchObject(nothing);
  expect(bot.deps.db.prepare('SELECT count(*) FROM audit').pluck().get()).toBe(1);
});

test('who it is has to be said', async () => {
  await using bot = idle();
  rage(bot);
  expect(await release(bot, { why: 'x' })).toMatchObject({ status: 400, json: { field: 'by' } });
  expect(openStorm(bot.deps.db)?.releasedAt).toBeNull();
});

test('alert-bot release: done, or a sentence and code 1', async () => {
  await using bot = idle();
  rage(bot);
  const server = createAdaptorServer({ fetch: bot.app.fetch }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const env = { ALERT_BOT_URL: `http://127.0.0.1:${address.port}`, ALERT_BOT_DATA_DIR: bot.folder };
  try {
    const args = ['release', '--by', 'somebody', '--why', 'mended'];
    expect(await cli(args, env)).toEqual({
      code: 0,
      out:
        `Released the storm, incident ${openStorm(bot.deps.db)?.incident}, which held 10; by somebody: mended.\n` +
        'They go one after the other, dependencies first, at most 1 target in 10m (half\nof limits.targets).\n',
      err: '',
    });
    expect(await cli(args, env)).toMatchObject({ code: 1, err: expect.stringContaining('no storm is held') });
  } finally {
    server.close();
  }
});
