// npm run bench: measures what docs/figures.md tells, each figure beside its baseline of the same run.
import { availableParallelism, cpus, loadavg } from 'node:os';
import { startPostgres } from '../tests/support/postgres.ts';
import { meetsBar, tell } from './figure.ts';
import { figures } from './figures.ts';
import { readOptions } from './options.ts';

const load = () =>
  loadavg()
    .map((one) => one.toFixed(2))
    .join(' ');

/** @returns the exit code: 0 every bar is met, 1 one is missed, 2 it could not be measured */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), Object.keys(figures));
  if (options === 'help') {
    console.log(`npm run bench -- [--seconds N] [--only ${Object.keys(figures).join(',')}]`);
    return 0;
  }
  const { seconds, only } = options;
  console.log(
    `${availableParallelism()} cores (${cpus()[0]?.model}), Node ${process.version}, load ${load()}; ${seconds} s each. Services, gateway, database and load generator share the machine; PostgreSQL syncs every commit, for pgbench too.`,
  );
  const postgres = await startPostgres({ fsync: true });
  let missed = 0;
  try {
    for (const name of only) {
      const found = await figures[name]?.({
        seconds,
        database: (database) => postgres.createDatabase(database),
        step: (what) => console.log(`  ${what} (load ${load()})`),
      });
      for (const figure of found ?? []) {
        if (!meetsBar(figure)) missed++;
        console.log(tell(figure));
      }
    }
  } finally {
    await postgres.stop();
  }
  return missed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
