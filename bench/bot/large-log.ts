import { execFile, execFileSync } from 'node:child_process';
import {
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { makePlaces, repository } from '../../scripts/stack/places.ts';
import { temporaryFolder } from '../../services/supervisor/src/harness.ts';
import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { median } from '../machine.ts';
import { type Around, askApi, startBot } from './bot.ts';
import { pageFigures, pages } from './console.ts';
import { decisions, PLAYBOOKS, startAround } from './latency.ts';
import { type Hits, shoot } from './shoot.ts';

const SMALL = 1_000;
/** Alerts that fire before those of them end that fired first. */
const AT_ONCE = 20_000;
const TIMES = 200;
const ROOM = { ALERT_BOT_LOG_MAX: '1000GB' };

type Bot = Awaited<ReturnType<typeof startBot>>;

/** What the bot says of itself at a scrape. */
async function metric({ url }: Bot, name: RegExp): Promise<number> {
  const text = await (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text();
  return [...text.matchAll(new RegExp(`^(?:${name.source}) (.+)$`, 'gm'))].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  );
}

async function idle(bot: Bot): Promise<void> {
  // One after the other: what is triaged becomes new.
  for (const name of [/alert_bot_pending_deliveries/, /alert_bot_incidents{status="new"}/])
    while ((await metric(bot, name)) > 0) await delay(200);
}

/** Has the engine make incidents, each of an alert that fires, is decided about and ends. */
async function grow(bot: Bot, incidents: number, { step }: Bench): Promise<void> {
  const orders = { url: bot.url, token: bot.token('webhook'), alerts: 100, connections: 8, seconds: 100_000 };
  for (let from = 0; from < incidents; from += AT_ONCE) {
    const upTo = Math.min(incidents, from + AT_ONCE);
    for (const status of ['firing', 'resolved'] as const) {
      await shoot({ ...orders, from, upTo, status });
      await idle(bot);
    }
    if (from % (10 * AT_ONCE) === 0) step(`${upTo} of ${incidents} incidents are made`);
  }
}

/** A log of so many incidents, of a hundred days ago. */
async function make(folder: string, incidents: number, bench: Bench): Promise<void> {
  await using bot = await startBot({
    ...{ playbooks: PLAYBOOKS, folder },
    env: { ...ROOM, NODE_OPTIONS: `--import ${join(import.meta.dirname, 'long-ago.mjs')}` },
  });
  await grow(bot, incidents, bench);
}

/** A million take half an hour: they are made once, and what is measured changes a copy. */
async function takeKept(kept: string, folder: string, bench: Bench): Promise<void> {
  const note = join(kept, 'incidents');
  if (!existsSync(note)) {
    if (existsSync(kept) && readdirSync(kept).length > 0)
      throw new Error(
        `--log ${kept} has something else in it, or a log that was not finished: remove it, or name another folder`,
      );
    mkdirSync(kept, { recursive: true });
    await make(kept, bench.incidents, bench);
    writeFileSync(note, `${bench.incidents}`);
  }
  const made = readFileSync(note, 'utf8');
  if (made !== `${bench.incidents}`)
    throw new Error(
      `--log ${kept} has ${made} incidents: ask with --incidents ${made}, or name another folder`,
    );
  bench.step(`the log of ${made} incidents is copied`);
  copyTo(kept, folder);
}

/** On disk before anything is measured: each sync would wait for gigabytes that are on their way. */
function copyTo(from: string, to: string): void {
  cpSync(from, to, { recursive: true, mode: constants.COPYFILE_FICLONE });
  execFileSync('sync');
}

interface Measured {
  intake: Hits;
  decision: Hits;
  /** Milliseconds of each question, by its path. */
  questions: Map<string, number>;
  /** Milliseconds of the p99 of each page's first byte. */
  pages: Map<string, number>;
  startedIn: number;
  idleMb: number;
  floodMb: number;
}

const residentMb = ({ pid }: Bot): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

async function ask(bot: Bot, incidents: number): Promise<Map<string, number>> {
  const middle = Math.floor(incidents / 2);
  const paths = [
    '/incidents?limit=50',
    `/incidents?limit=50&before=${middle}`,
    '/incidents?limit=50&status=closed',
    '/incidents?limit=50&status=escalated',
    '/incidents?limit=50&target=supervisor:p-0',
    `/incidents/${middle}`,
    '/events',
    '/events?after=100&limit=50',
    '/targets',
  ];
  const took = new Map<string, number>();
  for (const path of paths) {
    const times: number[] = [];
    for (let i = 0; i < TIMES; i++) {
      const began = performance.now();
      await askApi(bot, path);
      times.push(performance.now() - began);
    }
    took.set(path.replace(String(middle), 'N'), median(times));
  }
  const scrapes: number[] = [];
  for (let i = 0; i < TIMES / 10; i++) {
    const began = performance.now();
    await metric(bot, /nothing/);
    scrapes.push(performance.now() - began);
  }
  return took.set('/metrics', median(scrapes));
}

async function measure(folder: string, around: Around, incidents: number, bench: Bench): Promise<Measured> {
  const { seconds, step } = bench;
  await using bot = await startBot({
    ...around,
    playbooks: PLAYBOOKS,
    folder,
    env: { ...ROOM, ALERT_BOT_LOG_KEEP: '1y' },
  });
  step(`a log of ${incidents} incidents: decisions, questions, intake`);
  const idleMb = residentMb(bot);
  const warm = await decisions(bot, seconds / 3, 1_000);
  const decision = await decisions(bot, seconds, warm.next);
  const questions = await ask(bot, incidents);
  const shown = await pages(bot, incidents);
  const token = bot.token('webhook');
  const before = await shoot({ url: bot.url, token, seconds: seconds / 3, from: 10_000_000_000 });
  const intake = await shoot({ url: bot.url, token, seconds, from: before.next });
  const floodMb = residentMb(bot);
  return { intake, decision, questions, pages: shown, idleMb, floodMb, startedIn: bot.startedIn };
}

/** A million incidents are asked about as a thousand are. */
export async function largeLog(bench: Bench): Promise<Figure[]> {
  using small = temporaryFolder();
  using large = temporaryFolder();
  await using around = await startAround({ processes: 10, firing: [] });
  await make(small.path, SMALL, bench);
  if (bench.log === null) await make(large.path, bench.incidents, bench);
  else await takeKept(bench.log, large.path, bench);
  const bytes = statSync(logOf(large.path)).size / bench.incidents;
  const few = await measure(small.path, around, SMALL, bench);
  using flooded = temporaryFolder();
  // Of a copy: to work the flood off takes the engine minutes.
  copyTo(large.path, flooded.path);
  const many = await measure(flooded.path, around, bench.incidents, bench);
  const copied = await copy(large.path, bench);
  const pruned = await prune(large.path, around, bench);
  return [
    ...compare(few, many, bench.incidents),
    ...pageFigures(many.pages, bench.incidents),
    ...itself(many, bytes),
    copied,
    ...pruned,
  ];
}

const dataDirIn = (folder: string): string => makePlaces(folder).botData;
const logOf = (folder: string): string => join(dataDirIn(folder), 'incidents.db');

function compare(few: Measured, many: Measured, incidents: number): Figure[] {
  const of = `${incidents} incidents`;
  const what = `${SMALL} incidents`;
  const slower = [...many.questions].map(([path, value]) => ({
    path,
    value,
    before: few.questions.get(path) ?? 0,
  }));
  const bar = { of: 'ratio', atMost: 1.5 } as const;
  return [
    {
      ...{ name: 'log-intake', what: `deliveries with ${of}`, value: many.intake.rate, unit: 'a second' },
      ...{ baseline: { what, value: few.intake.rate }, bar: { of: 'ratio', atLeast: 1 / 1.5 } },
    },
    {
      ...{
        name: 'log-decide',
        what: `median to a decision with ${of}`,
        value: many.decision.p50,
        unit: 'ms',
      },
      ...{ baseline: { what, value: few.decision.p50 }, bar },
    },
    ...slower.map(
      ({ path, value, before }): Figure => ({
        ...{ name: 'log-ask', what: `median of ${path} with ${of}`, value, unit: 'ms' },
        ...{ baseline: { what, value: before }, bar },
      }),
    ),
  ];
}

const itself = (many: Measured, bytes: number): Figure[] => [
  {
    ...{ name: 'log-start', what: 'until it answers, with the large log', value: many.startedIn, unit: 'ms' },
    bar: { of: 'value', atMost: 1_500 },
  },
  {
    ...{ name: 'resident', what: 'VmRSS when it has just started', value: many.idleMb, unit: 'MB' },
    bar: { of: 'value', atMost: 150 },
  },
  {
    ...{ name: 'flooded', what: 'VmRSS after the flood', value: many.floodMb, unit: 'MB' },
    bar: { of: 'value', atMost: 300 },
  },
  { name: 'log-bytes', what: 'of the log for each incident', value: bytes, unit: 'bytes' },
];

/** A copy of the large log, as a person takes one. */
async function copy(folder: string, { step }: Bench): Promise<Figure> {
  step('a copy of the large log');
  const file = join(folder, 'copy.db');
  const began = performance.now();
  await promisify(execFile)(
    process.execPath,
    ['services/alert-bot/src/cli/main.ts', 'backup', file, '--data-dir', dataDirIn(folder)],
    { cwd: repository },
  );
  const value = (performance.now() - began) / 1_000;
  const size = statSync(file).size / 2 ** 20;
  rmSync(file);
  execFileSync('sync');
  return { name: 'backup', what: `for a checked copy of ${size.toFixed(0)} MB`, value, unit: 's' };
}

/** What is too old goes, while decisions go on. */
async function prune(folder: string, around: Around, { seconds, step }: Bench): Promise<Figure[]> {
  await using bot = await startBot({
    ...around,
    playbooks: PLAYBOOKS,
    folder,
    env: { ...ROOM, ALERT_BOT_LOG_KEEP: '30d' },
  });
  step('while all of it is too old and goes');
  const rows = /alert_bot_log_pruned_rows_total{[^}]*}/;
  // It comes after the first sweep, which compares what the last flood left firing.
  while ((await metric(bot, rows)) === 0) await delay(100);
  const before = await metric(bot, rows);
  const began = performance.now();
  const decision = await decisions(bot, seconds, 1_000);
  const rate = ((await metric(bot, rows)) - before) / ((performance.now() - began) / 1_000);
  return [
    { name: 'prune', what: 'rows removed', value: rate, unit: 'a second' },
    {
      ...{ name: 'prune-p99', what: 'p99 to a decision meanwhile', value: decision.p99, unit: 'ms' },
      bar: { of: 'value', atMost: 100 },
    },
  ];
}
