import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repository } from '../../scripts/stack/places.ts';
import { startBot } from '../../services/alert-bot/src/testing/bot.ts';
import { type FuzzedBot, startFuzzedBot } from './support/bot.ts';
import { createCompiler } from './support/compiler.ts';
import { calls, payloads, playbooks, type Run, wire } from './support/lanes.ts';
import { NOT_CALLED, PAGES, ROUTES } from './support/requests.ts';

/**
 * Two thousand of what fuzz.long.test.ts sends a hundred thousand of, always the same ones: FUZZ_SEED makes others, and
 * with FUZZ_PATH beside it, both as a failure prints them, runs one case: `FUZZ_SEED=7 npx vitest run --project unit tests/fuzz`.
 */
const seed = Number(process.env['FUZZ_SEED'] ?? 1);
const path = process.env['FUZZ_PATH'];
const run = (runs: number): Run => ({ seed, runs, path });

describe('a bot that is sent what nobody sends by accident', () => {
  let bot: FuzzedBot;
  beforeAll(async () => {
    bot = await startFuzzedBot();
  });
  afterAll(async () => {
    await bot?.[Symbol.asyncDispose]();
  });

  test.concurrent.each([
    ['payloads', payloads, 800],
    ['calls of every route', calls, 800],
    ['broken requests', wire, 600],
  ] as const)('%s: no crash, and no 5xx but 503', { timeout: 120_000 }, async (_, lane, runs) => {
    const { statuses } = await lane(bot, run(runs));
    // It got through to the bot and was judged there.
    expect([...statuses.keys()].length).toBeGreaterThan(2);
    expect(bot.failures()).toEqual([]);
  });
});

test('playbook files: compiled, or told by line and remedy, each within a second', {
  timeout: 120_000,
}, async () => {
  await using compiler = createCompiler();
  const shipped = readFileSync(join(repository, 'deploy/playbooks.yml'), 'utf8');
  const { statuses } = await playbooks(compiler, shipped, run(200), 3_000);
  expect([...statuses.keys()].toSorted()).toEqual([0, 1]);
});

test('every route of the bot is among those that are called', async () => {
  await using bot = startBot('/nowhere', { idle: true });
  const there = bot.app.routes
    .filter(({ method }) => method !== 'ALL')
    // What a part of the path has to look like stands behind its name.
    .map((one) => `${one.method} ${one.path.replace(/{.*}$/, '')}`);
  expect([...new Set(there)].toSorted()).toEqual([...ROUTES, ...PAGES, ...NOT_CALLED].toSorted());
});
