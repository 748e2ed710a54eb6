/**
 * A hundred thousand of what fuzz.test.ts sends some thousand of, to one bot that stays up all the while. FUZZ_RUNS and
 * FUZZ_SEED set another number and seed: `FUZZ_SEED=7 npm run test:long -- tests/fuzz`. What it keeps is heap and external
 * memory after a garbage collection; the slope is that of a least-squares line after the first quarter.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { until } from '../../scripts/stack/until.ts';
import { type Memory, slopePerMinute } from '../support/heap.ts';
import { startFuzzedBot } from './support/bot.ts';
import { createCompiler } from './support/compiler.ts';
import { calls, payloads, playbooks, type Tally, wire } from './support/lanes.ts';
import { reloads } from './support/reloads.ts';

const total = Number(process.env['FUZZ_RUNS'] ?? 100_000);
const seed = Number(process.env['FUZZ_SEED'] ?? 1);
const everyMs = 5_000;

const share = (part: number) => Math.ceil(total * part);
const inTwos = (size: number) => [size, size + 1];

test(`${total} mutated payloads, calls, requests and playbook files`, { timeout: 3_600_000 }, async () => {
  await using bot = await startFuzzedBot();
  await using compiler = createCompiler();
  const samples: (Memory & { atMs: number })[] = [];
  const started = performance.now();
  let done = false;
  const watch = async () => {
    while (!done) {
      samples.push({ ...(await bot.measure()), atMs: performance.now() - started });
      await sleep(everyMs);
    }
  };
  const watching = watch();
  const run = (part: number, nth: number) => ({ seed: seed * 1_000 + nth, runs: share(part) });
  const lanes: [string, Promise<Tally>][] = [
    ...inTwos(1).map((n): [string, Promise<Tally>] => [`payloads ${n}`, payloads(bot, run(0.22, n))]),
    ...inTwos(3).map((n): [string, Promise<Tally>] => [`calls ${n}`, calls(bot, run(0.17, n))]),
    ['broken requests', wire(bot, run(0.115, 5))],
    ['playbook files', playbooks(compiler, bot.shipped, run(0.1, 6), 1_000)],
    ['reloads', reloads(bot, run(0.005, 7))],
  ];
  // All to their ends, also where one fails: the figures of the others are worth having.
  const ended = await Promise.allSettled(lanes.map(async ([name, lane]) => ({ name, ...(await lane) })));
  done = true;
  const tallies = ended.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  await watching;
  const minutes = (performance.now() - started) / 60_000;

  const fitted = samples.filter(({ atMs }) => atMs > (minutes * 60_000) / 4);
  const slope = slopePerMinute(fitted.map(({ atMs, heap }) => ({ atMs, bytes: heap })));
  const blockedMs = Math.max(...samples.map((one) => one.blockedMs));
  // The lanes wait for each other: what took longest is asked again alone.
  const worst: { lane: string; ms: number; alone: number; what: string }[] = [];
  for (const { name, slowest } of tallies)
    for (const { ms, what, again } of slowest)
      worst.push({ lane: name, ms: Math.round(ms), alone: Math.round(await again()), what });
  worst.sort((a, b) => b.alone - a.alone).splice(12);
  const sent = tallies.reduce((sum, one) => sum + one.sent, 0);
  const statuses = tallies.map((one) => [one.name, Object.fromEntries(one.statuses)]);
  console.info(
    JSON.stringify(
      { seed, sent, minutes, samples: fitted.length, slope, blockedMs, statuses, worst },
      null,
      1,
    ),
  );

  for (const one of ended) if (one.status === 'rejected') throw one.reason;
  expect(sent).toBeGreaterThanOrEqual(total);
  expect(bot.failures()).toEqual([]);
  expect(slope).toBeLessThan(1);
  for (const { alone } of worst) expect(alone).toBeLessThan(1_000);
  // And it still does its work.
  await until(
    async () => (await (await fetch(`http://127.0.0.1:${bot.port}/healthz`)).text()).includes('ok'),
    {
      what: 'the bot to answer',
    },
  );
});
