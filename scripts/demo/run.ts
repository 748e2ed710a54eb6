import { join } from 'node:path';
import { Teardown } from '../stack/teardown.ts';
import { type Stack, startStack } from '../stack.ts';
import type { Run } from './act.ts';
import { playAct1 } from './act1.ts';
import { playAct2 } from './act2.ts';
import { Ending } from './ending.ts';
import { type Figures, figuresOf, type Seen } from './figures.ts';
import { takeFolder } from './folder.ts';
import type { Options } from './options.ts';
import { type Rules, readRules } from './playbooks.ts';
import { Prober } from './prober.ts';
import { isReady } from './ready.ts';
import type { Screen } from './screen.ts';
import { Sources } from './sources.ts';
import { StageFailure, Stages } from './stage.ts';
import { conditionLines, figureLines, keptLines } from './summary.ts';

/** Longer than all stages take that happen just in time. */
const atMostMs = 300_000;

type Outcome = { figures: Figures; interrupted: boolean };

/** The whole run, from an empty folder to the end of all processes. What goes wrong is in the figures. */
export async function runDemo(
  options: Options,
  screen: Screen,
  signalled: Promise<string>,
): Promise<Outcome> {
  const began = performance.now();
  const seen: Seen = {};
  const ending = new Ending(signalled, atMostMs);
  const teardown = new Teardown();
  let failure = await failureOf(() => play(options, screen, ending, teardown, seen));
  screen.text();
  if (failure) screen.text(`FAILED  ${failure.message}`);
  const unended = await failureOf(() => teardown.run());
  if (unended) screen.text(`FAILED  ${unended.message}`);
  failure ??= unended;
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  screen.text(
    `${failure ? 'It did not go as it should' : 'Both acts went as they should'}; the whole run took ${seconds} s.`,
  );
  return { figures: figuresOf(seen, failure), interrupted: ending.interrupted };
}

async function play(
  options: Options,
  screen: Screen,
  ending: Ending,
  teardown: Teardown,
  seen: Seen,
): Promise<void> {
  const { folder, release } = takeFolder(options.folder);
  teardown.add('folder', async () => release());
  const rules = await readRules(folder, options.mode);
  seen.budget = rules.budget;
  screen.text(`Starting PostgreSQL, supervisor, API, bot, Alertmanager and Prometheus; files in ${folder}`);
  const stack = await start(folder, rules, ending);
  teardown.add('stack', () => stack.stop());

  const sources = new Sources(stack);
  const prober = new Prober(sources.transactions, join(folder, 'requests.jsonl'));
  teardown.add('prober', () => prober.stop());
  seen.requestLog = prober.file;
  const stages = new Stages(screen, () => ending.check());
  ending.watch(stages);
  const run: Run = { sources, prober, screen, stages, fault: options.fault, budget: rules.budget };
  try {
    await isReady(run, stack.addresses.bot);
    seen.versions = await sources.versions();
    if (options.broken === 'alertmanager') {
      await stack.parts.alertmanager.stop();
      screen.text(`Nothing listens on ${stack.addresses.alertmanager} any more (--break alertmanager)`);
    }
    await playAct1(run, seen);
    await playAct2(run, seen);
  } finally {
    await prober.stop();
    await (seen.act2 ?? seen.act1)?.look().catch(() => undefined);
    tellFigures(screen, stack, rules, seen, sources.keepIncidents());
  }
}

/** Ctrl-C need not wait until everything has started: what runs by then is tied to our life, and ends with us. */
async function start(folder: string, rules: Rules, ending: Ending): Promise<Stack> {
  const starting = startStack({
    folder,
    bot: { overrides: rules.overrides },
    onUnexpectedExit: (message) => ending.because('parts', message),
  });
  const stack = await Promise.race([starting, ending.interruption]);
  ending.check();
  if (!stack) throw new Error('the stack did not start');
  return stack;
}

function tellFigures(screen: Screen, stack: Stack, rules: Rules, seen: Seen, incidents: string): void {
  const figures = figuresOf(seen, undefined);
  screen.text();
  for (const line of figureLines(figures)) screen.text(line);
  screen.text();
  for (const line of conditionLines(stack, rules, seen.versions)) screen.text(line);
  if (seen.requestLog) for (const line of keptLines(stack, seen.requestLog, incidents)) screen.text(line);
}

async function failureOf(work: () => Promise<void>): Promise<StageFailure | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof StageFailure) return error;
    return new StageFailure(null, 'run', error instanceof Error ? error.message : String(error));
  }
}
