import { join } from 'node:path';
import { temporaryFolder } from '../../services/supervisor/src/harness.ts';
import type { Bench } from '../bench.ts';
import { startBeside } from '../beside.ts';
import type { Figure } from '../figure.ts';
import { median } from '../machine.ts';
import { FLAGS, SERVER_CORE, startBot } from './bot.ts';
import { type Hits, shoot } from './shoot.ts';
import { SLOW_MS, slowSyncs } from './slow-syncs.ts';

/** What is compared alternates so often: what else the machine does meets both alike. */
const ROUNDS = 5;

const here = (file: string): string => join(import.meta.dirname, file);
const spreadOf = (values: readonly number[]) => ({ least: Math.min(...values), most: Math.max(...values) });

/** Deliveries of ten new alerts each, on 32 connections. The engine works on them beside it. */
async function rounds(bench: Bench): Promise<{ ours: Hits[]; bare: Hits[] }> {
  const ours: Hits[] = [];
  const bare: Hits[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    bench.step(`deliveries to a bare handler, round ${round}`);
    {
      await using handler = await startBeside(here('bare.ts'), { core: SERVER_CORE, flags: FLAGS });
      bare.push(await flood(bench, handler.url, 'none'));
    }
    bench.step(`deliveries to the bot, round ${round}`);
    await using bot = await startBot();
    ours.push(await flood(bench, bot.url, bot.token('webhook')));
  }
  return { ours, bare };
}

async function flood({ seconds }: Bench, url: string, token: string): Promise<Hits> {
  const before = await shoot({ url, token, seconds: seconds / 3 });
  return shoot({ url, token, seconds, from: before.next });
}

export async function intake(bench: Bench): Promise<Figure[]> {
  const { ours, bare } = await rounds(bench);
  const rates = ours.map(({ rate }) => rate);
  const late = ours.map(({ p99 }) => p99);
  const value = median(rates);
  const baseline = { what: 'a handler that parses and answers', value: median(bare.map(({ rate }) => rate)) };
  const what = 'deliveries of ten new alerts, acknowledged when they are on disk';
  return [
    {
      ...{ name: 'intake', what, value, unit: 'a second', baseline, spread: spreadOf(rates) },
      bar: { of: 'ratio', atLeast: 0.2 },
    },
    {
      ...{ name: 'durable', what: 'the same, for itself', value, unit: 'a second', spread: spreadOf(rates) },
      bar: { of: 'value', atLeast: 1_500 },
    },
    {
      ...{ name: 'intake-p99', what: 'p99 of the same, 32 connections', value: median(late), unit: 'ms' },
      ...{ baseline: { what: 'the bare handler', value: median(bare.map(({ p99 }) => p99)) } },
      ...{ spread: spreadOf(late), bar: { of: 'value', atMost: 60 } },
    },
  ];
}

/** The same where the disk is slow: what many share costs them little. */
export async function slowSync(bench: Bench): Promise<Figure[]> {
  const below = await slowSyncs();
  bench.step(`deliveries, ${SLOW_MS} ms more for each sync, a commit each`);
  let each: Hits;
  {
    using folder = temporaryFolder();
    await using handler = await startBeside(here('per-request.ts'), {
      args: [folder.path],
      core: SERVER_CORE,
      flags: FLAGS,
      below,
    });
    each = await flood(bench, handler.url, 'none');
  }
  bench.step(`deliveries to the bot, ${SLOW_MS} ms more for each sync`);
  await using bot = await startBot({ below });
  const ours = await flood(bench, bot.url, bot.token('webhook'));
  return [
    {
      ...{ name: 'slow-sync', what: `deliveries with ${SLOW_MS} ms more for each sync`, value: ours.rate },
      ...{ unit: 'a second', baseline: { what: 'a commit each', value: each.rate } },
      bar: { of: 'ratio', atLeast: 8 },
    },
  ];
}
