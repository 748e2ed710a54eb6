import { createBot } from './bot.ts';
import { createCrashes } from './crash-points.ts';
import { judge } from './oracle/judge.ts';
import { createPeople } from './people.ts';
import { makePlan } from './plan.ts';
import { stage } from './scenario.ts';
import { createWorld } from './world/world.ts';

/** What one run came to. */
export interface RunResult {
  seed: number;
  theme: string;
  hash: string;
  events: number;
  calls: number;
  boots: number;
  hits: Record<string, number>;
  reasons: Record<string, number>;
  counts: Record<string, number>;
  /** Broken guarantees, a sentence each; none is a pass. */
  failures: string[];
  tail: readonly string[];
}

/**
 * One run: everything follows from the seed. Same seed, same trace, to the byte.
 * @param folder where the log is; it is removed afterwards
 */
export async function runSeed(seed: number, folder: string, traceAll = false): Promise<RunResult> {
  const plan = makePlan(seed);
  // The world posts to the bot and the bot asks the world: one of them has to be there first.
  const late: { bot?: ReturnType<typeof createBot> } = {};
  const world = createWorld(plan, (...args) => late.bot?.post(...args), traceAll);
  const bot = createBot(world, (died) => createCrashes(plan, died), folder);
  late.bot = bot;
  const people = createPeople(world, bot);
  const escaped: unknown[] = [];
  const onEscape = (error: unknown) => escaped.push(error);
  process.on('unhandledRejection', onEscape);
  try {
    stage(world, bot, people);
    await world.ground.time.runUntil(plan.end);
    const failures = [...judge(world), ...escaped.map((error) => `an error escaped: ${String(error)}`)];
    const { trace } = world.ground;
    for (const failure of failures) trace.event('FAILS', failure);
    return {
      seed,
      theme: plan.theme,
      events: trace.events(),
      calls: world.platform.calls.length,
      boots: bot.boots(),
      hits: Object.fromEntries(bot.crashes.hits),
      reasons: Object.fromEntries(bot.reasons),
      counts: Object.fromEntries(trace.counts()),
      failures,
      tail: failures.length > 0 || traceAll ? trace.tail() : [],
      hash: trace.hash(),
    };
  } finally {
    process.off('unhandledRejection', onEscape);
    bot.end();
  }
}
