import { parseArgs } from 'node:util';

export interface Options {
  /** Of each measurement. */
  seconds: number;
  only: readonly string[];
}

/** Throws one sentence about the first thing that is not understood. */
export function readOptions(args: string[], known: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args,
    options: { seconds: { type: 'string' }, only: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help === true) return 'help';
  const seconds = Number(values.seconds ?? '10');
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 600)
    throw new Error(`--seconds is ${values.seconds}: give whole seconds from 1 to 600`);
  const only = values.only?.split(',') ?? known;
  const unknown = only.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`--only is ${unknown}: there are ${known.join(', ')}`);
  return { seconds, only };
}
