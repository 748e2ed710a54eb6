import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { logFolder } from './folder.ts';
import { HELP, type Options, readOptions } from './options.ts';
import type { RunResult } from './run.ts';
import { add, describe, isAsserted, lacking, nothingYet } from './summary.ts';

const PROGRESS_EVERY = 5_000;
const SHOWN_AT_MOST = 5;

/** What a worker answers: a run, or why the simulation itself broke. */
type Answer = RunResult | { seed: number; broken: string };

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(HELP);
    return 0;
  }
  using folder = logFolder();
  const where = folder.isTmpfs ? 'in memory (tmpfs)' : 'on disk: no tmpfs here, so it takes longer';
  console.log(`simulates ${options.runs} runs from seed ${options.seed}; logs ${where}`);
  return await simulate(options, folder.path);
}

async function simulate(options: Options, folder: string): Promise<number> {
  const total = nothingYet();
  const broken: string[] = [];
  const began = performance.now();
  const took = () => `${((performance.now() - began) / 1000).toFixed(0)} s`;
  // On a machine that does other work as well, the time of the processor says more than the clock.
  const busy = () => {
    const { user, system } = process.cpuUsage();
    return `${((user + system) / 1_000_000).toFixed(0)} s of processor time`;
  };
  const progress = setInterval(
    () => console.log(`  ${total.runs} of ${options.runs} runs, ${total.failed.length} failed, ${took()}`),
    PROGRESS_EVERY,
  );
  try {
    await runAll(options, folder, (answer) => {
      if ('broken' in answer) broken.push(`seed ${answer.seed}: the simulation broke: ${answer.broken}`);
      else {
        add(total, answer);
        if (answer.failures.length > 0 && total.failed.length <= SHOWN_AT_MOST) tell(answer);
        else if (options.trace) console.log(answer.tail.join('\n'));
      }
    });
  } finally {
    clearInterval(progress);
  }
  console.log(describe(total));
  for (const line of broken) console.log(line);
  const short = lacking(total);
  for (const line of short)
    console.log(isAsserted(total) ? `too little: ${line}` : `not asserted under 1,000 runs: ${line}`);
  const [one] = total.failed;
  for (const { seed, theme, failures } of total.failed)
    console.log(`seed ${seed} (${theme}): ${failures.join('; ')}`);
  const isGood = total.failed.length === 0 && broken.length === 0 && !(isAsserted(total) && short.length > 0);
  console.log(
    `${total.runs} runs in ${took()}, ${busy()}: ${total.failed.length === 0 ? 'no guarantee was broken' : `${total.failed.length} broke a guarantee; again: npm run test:sim -- --seed ${one?.seed} --runs 1 --trace`}`,
  );
  return isGood ? 0 : 1;
}

function tell(result: RunResult): void {
  console.log(`\nseed ${result.seed} (${result.theme}) fails; the end of its trace:`);
  console.log(result.tail.join('\n'));
  console.log('');
}

/** Hands out seeds to workers until all are run. */
function runAll(options: Options, folder: string, done: (answer: Answer) => void): Promise<void> {
  let next = options.seed;
  let end = options.seed + options.runs;
  // Whoever ends it early still hears what it came to.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      end = next;
    });
  const workers = Array.from({ length: Math.min(options.workers, options.runs) }, (_, i) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: { folder: join(folder, String(i)), traceAll: options.trace },
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const hand = (): void => {
      if (next < end) worker.postMessage(next++);
      else void worker.terminate().then(() => resolve());
    };
    worker.on('message', (answer: Answer) => {
      done(answer);
      hand();
    });
    worker.on('error', reject);
    hand();
    return promise;
  });
  return Promise.all(workers).then(() => undefined);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
