import { parseArgs } from 'node:util';

export interface Options {
  /** Of each measurement. */
  seconds: number;
  only: readonly string[];
  /** Of a large log. */
  incidents: number;
  /** A folder that the large log is made in once, and kept; null: it is made anew. */
  log: string | null;
  /** Of a replay. */
  deliveries: number;
  /** For machines. */
  json: boolean;
}

/** Throws one sentence about the first thing that is not understood. */
export function readOptions(args: string[], known: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string' },
      only: { type: 'string' },
      incidents: { type: 'string' },
      log: { type: 'string' },
      deliveries: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return 'help';
  const seconds = Number(values.seconds ?? '10');
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 600)
    throw new Error(`--seconds is ${values.seconds}: give whole seconds from 1 to 600`);
  const incidents = Number(values.incidents ?? '100000');
  if (!Number.isInteger(incidents) || incidents < 2_000 || incidents > 10_000_000)
    throw new Error(`--incidents is ${values.incidents}: give a whole number from 2000 to 10000000`);
  const deliveries = Number(values.deliveries ?? '1000000');
  if (!Number.isInteger(deliveries) || deliveries < 2_000 || deliveries > 10_000_000)
    throw new Error(`--deliveries is ${values.deliveries}: give a whole number from 2000 to 10000000`);
  const only = values.only?.split(',') ?? known;
  const unknown = only.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`--only is ${unknown}: there are ${known.join(', ')}`);
  return { seconds, only, incidents, deliveries, log: values.log ?? null, json: values.json === true };
}
