import { parseArgs } from 'node:util';

export interface Options {
  runs: number;
  seed: number;
  workers: number;
  trace: boolean;
}

export const HELP = `npm run test:sim -- [--runs N] [--seed S] [--workers W] [--trace]

  --runs N      how many runs, each of a seed of its own (200)
  --seed S      the first seed; the next run has the next one (1)
  --workers W   processes beside each other (2)
  --trace       print all that happens, not only the end of what fails

One run again, to the byte: npm run test:sim -- --seed S --runs 1 --trace`;

/** @throws Error with a sentence for a person */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      workers: { type: 'string', default: '2' },
      trace: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    runs: whole('runs', values.runs, 1, 1_000_000),
    seed: whole('seed', values.seed, 0, 2 ** 31),
    workers: whole('workers', values.workers, 1, 64),
    trace: values.trace,
  };
}

function whole(name: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= low && value <= high) return value;
  throw new Error(`--${name}=${text}: write a whole number from ${low} to ${high}`);
}
