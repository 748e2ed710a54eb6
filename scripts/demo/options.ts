import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { repository } from '../stack/places.ts';

const folder = join(repository, '.run/demo');

export const help = `Breaks the API twice and shows how the bot handles it, on real parts, in about 70 seconds.

  act 1   the API breaks in a way that a restart heals: it is detected, restarted, proven well
  act 2   it breaks for good: the bot tries as often as its budget allows, stops, and calls a person

Ends with 0 if both went so, else with 1 and the first stage that did not happen.

  --json                 one JSON object on stdout; everything else goes to stderr
  --folder PATH          where the run keeps its files (${relative(repository, folder)}); emptied at the start
  --help

To see it fail, each naming the stage that does not happen:
  --fault none           nothing is broken
  --break alertmanager   nothing listens on Alertmanager's port
  --mode observe         the bot may only watch
`;

export type Options = {
  help: boolean;
  json: boolean;
  folder: string;
  fault: 'errors' | 'none';
  broken: 'alertmanager' | undefined;
  mode: 'act' | 'observe';
};

/** Throws one sentence about the first thing that is not understood. */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      folder: { type: 'string', default: folder },
      fault: { type: 'string', default: 'errors' },
      break: { type: 'string' },
      mode: { type: 'string', default: 'act' },
    },
  });
  return {
    help: values.help,
    json: values.json,
    folder: values.folder,
    fault: oneOf('--fault', values.fault, ['errors', 'none']),
    broken:
      values.break === undefined ? undefined : oneOf('--break', values.break, ['alertmanager'] as const),
    mode: oneOf('--mode', values.mode, ['act', 'observe']),
  };
}

function oneOf<T extends string>(flag: string, given: string, allowed: readonly [T, ...T[]]): T {
  const found = allowed.find((value) => value === given);
  if (found === undefined) throw new Error(`${flag} takes ${allowed.join(' or ')}, not "${given}"`);
  return found;
}
