// npm run bench: measures what docs/figures.md tells, each figure beside its baseline of the same run.
import { startPostgres } from '../tests/support/postgres.ts';
import type { Bench } from './bench.ts';
import { botFigures } from './bot/figures.ts';
import { type Figure, meetsBar, ratioOf, tell } from './figure.ts';
import { describeMachine, load, pins } from './machine.ts';
import { readOptions } from './options.ts';
import { shopFigures } from './shop/figures.ts';

const figures: Readonly<Record<string, (bench: Bench) => Promise<Figure[]>>> = {
  ...shopFigures,
  ...botFigures,
};

/** @returns the exit code: 0 every bar is met, 1 one is missed, 2 it could not be measured */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), Object.keys(figures));
  if (options === 'help') {
    console.log(
      `npm run bench -- [--seconds N] [--incidents N] [--log FOLDER] [--deliveries N] [--json] [--only ${Object.keys(figures).join(',')}]`,
    );
    return 0;
  }
  const { seconds, only, incidents, deliveries, log, json } = options;
  // What is for machines has stdout for itself.
  const say = (text: string) => (json ? console.error(text) : console.log(text));
  say('Six hundred syncs of this disk first, to know what the figures stand on (ten seconds).');
  const machine = await describeMachine();
  const [median, p99, worst] = [machine.sync.median, machine.sync.p99, machine.sync.worst].map((ms) =>
    ms.toFixed(2),
  );
  const method =
    `${seconds} s each. Services, database and load generator share the machine` +
    `${pins() ? '; the bot and its load generator have a core each' : ''}. PostgreSQL and SQLite sync every commit.`;
  say(
    `${machine.cores} cores (${machine.cpu}), ${machine.memoryGb} GB, Node ${machine.node}, a sync takes ${median} ms (p99 ${p99}, worst ${worst}), load ${machine.load}. ${method}`,
  );
  const measured: Figure[] = [];
  let postgres: Awaited<ReturnType<typeof startPostgres>> | null = null;
  try {
    for (const name of only) {
      const found = await figures[name]?.({
        ...{ seconds, incidents, deliveries, log },
        async database(database) {
          postgres ??= await startPostgres({ fsync: true });
          return postgres.createDatabase(database);
        },
        step: (what) => say(`  ${what} (load ${load()})`),
      });
      for (const figure of found ?? []) {
        measured.push(figure);
        say(tell(figure));
      }
    }
  } finally {
    await stop(postgres);
  }
  const results = measured.map((figure) => ({
    ...figure,
    ratio: figure.baseline === undefined ? null : ratioOf(figure),
    met: meetsBar(figure),
  }));
  if (json) console.log(JSON.stringify({ machine, method, figures: results }, null, 2));
  return results.every(({ met }) => met) ? 0 : 1;
}

const stop = async (server: { stop(): Promise<unknown> } | null) => server?.stop();

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
