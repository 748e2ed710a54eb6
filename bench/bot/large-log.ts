import { statSync } from 'node:fs';
import { join } from 'node:path';
import { makePlaces } from '../../scripts/stack/places.ts';
import { temporaryFolder } from '../../services/supervisor/src/harness.ts';
import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { type Around, startBot } from './bot.ts';
import { pageFigures, pages, type Shown } from './console.ts';
import { decisions, PLAYBOOKS, startAround } from './latency.ts';
import { copyTo, make, ROOM, takeKept } from './made-log.ts';
import { backup, prune } from './meanwhile.ts';
import { ask, askCounted } from './questions.ts';
import { sampleOf } from './sample.ts';
import { type Hits, shoot } from './shoot.ts';
import { SWEPT_ALERTS, sweepTook } from './sweep.ts';
import { forgetPeak, megabytes } from './vitals.ts';

const SMALL = 1_000;

interface Flooded {
  intake: Hits;
  /** The most while it was flooded. */
  floodMb: number;
}

interface Measured extends Flooded {
  decision: Hits;
  /** Milliseconds of each question, by its name. */
  questions: Map<string, number>;
  /** The same of those that are counted apart. */
  counted: Map<string, number>;
  pages: Shown;
  sweep: number;
  startedIn: number;
  idleMb: number;
  /** The most until all was asked. */
  askedMb: number;
}

const startOn = (folder: string, around: Around) =>
  startBot({ ...around, playbooks: PLAYBOOKS, folder, env: { ...ROOM, ALERT_BOT_LOG_KEEP: '1y' } });

async function measure(
  folder: string,
  around: Around,
  incidents: number,
  bench: Bench,
): Promise<Omit<Measured, keyof Flooded>> {
  const { seconds, step } = bench;
  await using bot = await startOn(folder, around);
  const { startedIn } = bot;
  const idleMb = megabytes(bot, 'VmRSS');
  step(`a log of ${incidents} incidents: decisions`);
  const warm = await decisions(bot, seconds / 3, 1_000);
  const decision = await decisions(bot, seconds, warm.next);
  const sample = await sampleOf(bot, incidents);
  step(`a log of ${incidents} incidents: questions and pages`);
  const questions = await ask(bot, sample);
  const counted = await askCounted(bot, sample);
  const shown = await pages(bot, sample);
  step(`a log of ${incidents} incidents: a sweep`);
  const sweep = await sweepTook(bot, around.alertmanagerUrl);
  const askedMb = megabytes(bot, 'VmHWM');
  return { decision, questions, counted, pages: shown, sweep, idleMb, askedMb, startedIn };
}

/** In a process of its own: what the questions before it took is not the flood's. */
async function flood(folder: string, around: Around, incidents: number, bench: Bench): Promise<Flooded> {
  const { seconds, step } = bench;
  await using bot = await startOn(folder, around);
  step(`a log of ${incidents} incidents: intake`);
  forgetPeak(bot);
  const token = bot.token('webhook');
  const before = await shoot({ url: bot.url, token, seconds: seconds / 3, from: 10_000_000_000 });
  const intake = await shoot({ url: bot.url, token, seconds, from: before.next });
  return { intake, floodMb: megabytes(bot, 'VmHWM') };
}

/** A million incidents are asked about as a thousand are. */
export async function largeLog(bench: Bench): Promise<Figure[]> {
  using small = temporaryFolder();
  using large = temporaryFolder();
  await using around = await startAround({ processes: 10, firing: [] });
  const { incidents } = bench;
  await make(small.path, SMALL, bench);
  if (bench.log === null) await make(large.path, incidents, bench);
  else await takeKept(bench.log, large.path, bench);
  const bytes = statSync(join(makePlaces(large.path).botData, 'incidents.db')).size / incidents;
  const both = async (folder: string, of: number): Promise<Measured> => ({
    ...(await measure(folder, around, of, bench)),
    ...(await flood(folder, around, of, bench)),
  });
  const few = await both(small.path, SMALL);
  using flooded = temporaryFolder();
  // Of a copy: to work the flood off takes the engine minutes.
  copyTo(large.path, flooded.path);
  const many = await both(flooded.path, incidents);
  const alone = { p99: many.decision.p99, questions: many.questions };
  const of = { folder: large.path, around, alone };
  const { figures: copied, sample } = await backup({ ...of, incidents }, bench);
  const pruned = await prune({ ...of, sample }, bench);
  const names = { few: `${SMALL} incidents`, many: `${incidents} incidents` };
  return [
    ...compare(few, many, names),
    ...pageFigures(few.pages, many.pages, names),
    ...itself(few, many, names),
    { name: 'log-bytes', what: 'of the log for each incident', value: bytes, unit: 'bytes' },
    ...copied,
    ...pruned,
  ];
}

type Names = Record<'few' | 'many', string>;

function compare(few: Measured, many: Measured, { few: what, many: of }: Names): Figure[] {
  const bar = { of: 'ratio', atMost: 1.5 } as const;
  const asked = (name: string, before: Measured['questions'], now: Measured['questions']) =>
    [...now].map(([path, value]) => ({
      ...{ name, what: `median of ${path} with ${of}`, value, unit: 'ms' },
      baseline: { what, value: before.get(path) ?? Number.NaN },
    }));
  return [
    {
      ...{ name: 'log-intake', what: `deliveries with ${of}`, value: many.intake.rate, unit: 'a second' },
      ...{ baseline: { what, value: few.intake.rate }, bar: { of: 'ratio', atLeast: 1 / 1.5 } },
    },
    {
      ...{ name: 'log-decide', what: `median to a decision with ${of}`, value: many.decision.p50 },
      ...{ unit: 'ms', baseline: { what, value: few.decision.p50 }, bar },
    },
    ...asked('log-ask', few.questions, many.questions).map((figure) => ({ ...figure, bar })),
    ...asked('log-count', few.counted, many.counted),
    {
      ...{ name: 'log-sweep', what: `to compare ${SWEPT_ALERTS} alerts in a sweep with ${of}` },
      ...{ value: many.sweep, unit: 'ms', baseline: { what, value: few.sweep } },
    },
  ];
}

const itself = (few: Measured, many: Measured, { few: what }: Names): Figure[] => [
  {
    ...{ name: 'log-start', what: 'until it answers, with the large log', value: many.startedIn, unit: 'ms' },
    ...{ baseline: { what, value: few.startedIn }, bar: { of: 'value', atMost: 1_500 } },
  },
  {
    ...{ name: 'resident', what: 'VmRSS when it has just started', value: many.idleMb, unit: 'MB' },
    ...{ baseline: { what, value: few.idleMb }, bar: { of: 'value', atMost: 150 } },
  },
  {
    ...{ name: 'asked', what: 'VmHWM, its peak, while it is asked', value: many.askedMb, unit: 'MB' },
    baseline: { what, value: few.askedMb },
  },
  {
    ...{ name: 'flooded', what: 'VmHWM, its peak, in the flood', value: many.floodMb, unit: 'MB' },
    ...{ baseline: { what, value: few.floodMb }, bar: { of: 'value', atMost: 300 } },
  },
];
