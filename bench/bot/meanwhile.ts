import { execFile, execFileSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { repository } from '../../scripts/stack/places.ts';
import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { type Around, startBot } from './bot.ts';
import { decisions, PLAYBOOKS } from './latency.ts';
import { ROOM } from './made-log.ts';
import { askOnce, type Question, questionsOf } from './questions.ts';
import { type Sample, sampleOf } from './sample.ts';
import { metric } from './vitals.ts';

type Bot = Awaited<ReturnType<typeof startBot>>;
const run = promisify(execFile);

/** What the same bot does while nothing else goes on. */
export interface Alone {
  p99: number;
  /** Milliseconds by the name of the question. */
  questions: ReadonlyMap<string, number>;
}

interface Met {
  p99: number;
  worst: { name: string; took: number };
  asked: number;
}

/** Longer than anything takes: it is ended. */
const LONG = 100_000;
const FIRST = 1_000;
/** Between two questions: they are to meet what goes on, and be no load of their own. */
const REST = 10;

/**
 * Decisions go on while something is done, and the questions are asked, one after the other and round and round: what holds them
 * up may do so at any time of it.
 * @param work is told when each was asked once, if it has to go on for so long
 */
async function meanwhile(
  bot: Bot,
  questions: readonly Question[],
  work: (asked: Promise<void>) => Promise<unknown>,
): Promise<Met> {
  const over = new AbortController();
  const each = Promise.withResolvers<void>();
  let worst = { name: 'none', took: 0 };
  let asked = 0;
  const askAll = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const question = questions[asked % questions.length];
      if (question === undefined) throw new Error('there is nothing to ask');
      const took = await askOnce(bot, question);
      asked += 1;
      if (took > worst.took) worst = { name: question.name, took };
      if (asked === questions.length) each.resolve();
      await delay(REST);
    }
  };
  const asking = askAll();
  const first = Promise.race([each.promise, asking]);
  const working = work(first).finally(() => over.abort());
  const [{ p99 }] = await Promise.all([decisions(bot, LONG, FIRST, over.signal), asking, working]);
  return { p99, worst, asked };
}

const told = (name: string, { p99, worst, asked }: Met, alone: Alone): { p99: Figure; ask: Figure } => ({
  p99: {
    ...{ name: `${name}-p99`, what: 'p99 to a decision meanwhile', value: p99, unit: 'ms' },
    baseline: { what: 'idle', value: alone.p99 },
  },
  ask: {
    ...{ name: `${name}-ask`, what: `the slowest of ${asked} questions meanwhile, ${worst.name}` },
    ...{ value: worst.took, unit: 'ms' },
    baseline: { what: 'its median, idle', value: alone.questions.get(worst.name) ?? Number.NaN },
  },
});

/** A copy of the large log as a person takes one, while the bot runs; beside one by `cp`. */
export async function backup(
  { folder, incidents, around, alone }: { folder: string; incidents: number; around: Around; alone: Alone },
  { step }: Bench,
): Promise<{ figures: Figure[]; sample: Sample }> {
  const env = { ...ROOM, ALERT_BOT_LOG_KEEP: '1y' };
  await using bot = await startBot({ ...around, playbooks: PLAYBOOKS, folder, env });
  const sample = await sampleOf(bot, incidents);
  const file = join(folder, 'copy.db');
  step('cp of the large log');
  const began = performance.now();
  await run('cp', ['--reflink=never', join(bot.dataDir, 'incidents.db'), file]);
  await run('sync', [file]);
  const plain = (performance.now() - began) / 1_000;
  rmSync(file);
  step('a copy of the large log, while decisions go on');
  let value = 0;
  const met = await meanwhile(bot, await questionsOf(bot, sample), async () => {
    const from = performance.now();
    const command = ['services/alert-bot/src/cli/main.ts', 'backup', file, '--data-dir', bot.dataDir];
    await run(process.execPath, command, { cwd: repository });
    value = (performance.now() - from) / 1_000;
  });
  const size = statSync(file).size / 2 ** 20;
  rmSync(file);
  execFileSync('sync');
  const { p99, ask } = told('backup', met, alone);
  const what = `for a checked copy of ${size.toFixed(0)} MB while the bot runs`;
  return {
    figures: [{ name: 'backup', what, value, unit: 's', baseline: { what: 'cp', value: plain } }, p99, ask],
    sample,
  };
}

/** What is too old goes, while decisions go on. */
export async function prune(
  { folder, sample, around, alone }: { folder: string; sample: Sample; around: Around; alone: Alone },
  { seconds, step }: Bench,
): Promise<Figure[]> {
  const env = { ...ROOM, ALERT_BOT_LOG_KEEP: '30d' };
  await using bot = await startBot({ ...around, playbooks: PLAYBOOKS, folder, env });
  step('while all of it is too old and goes');
  const rows = /alert_bot_log_pruned_rows_total{[^}]*}/;
  // What is in the middle is about to go; the one after the action was decided about while the copy was made.
  const questions = await questionsOf(bot, { ...sample, middle: Number(sample.acted) + 1 });
  // It comes after the first sweep, which compares what the last flood left firing.
  while ((await metric(bot, rows)) === 0) await delay(100);
  const before = await metric(bot, rows);
  const began = performance.now();
  const met = await meanwhile(bot, questions, (asked) => Promise.all([asked, delay(seconds * 1_000)]));
  const rate = ((await metric(bot, rows)) - before) / ((performance.now() - began) / 1_000);
  const { p99, ask } = told('prune', met, alone);
  return [
    { name: 'prune', what: 'rows removed', value: rate, unit: 'a second' },
    { ...p99, bar: { of: 'value', atMost: 100 } },
    ask,
  ];
}
