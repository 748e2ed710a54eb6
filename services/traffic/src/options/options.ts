import { listenVariable, logLevelVariable } from '@shop/service/config';
import { z } from 'zod';
import { actions, segments, usualMix, usualSegments } from '../users/action.ts';
import { burst, duration, httpAddress, positiveNumber, shortDuration, weights, wholeNumber } from './text.ts';

interface Option {
  /** What stands behind the flag in the help. */
  takes: string;
  help: string;
  fallback: string | undefined;
}

/** Every option with its default, as text. `--for` is `TRAFFIC_FOR` in the environment; the flag wins. */
export const options = {
  url: { takes: 'URL', help: 'the api', fallback: 'http://127.0.0.1:8000' },
  for: {
    takes: 'TIME',
    help: 'how long, such as 30s or 2m; until it is stopped when left out',
    fallback: undefined,
  },
  users: { takes: 'N', help: 'users, each of whom does one thing at a time', fallback: '10' },
  rate: { takes: 'N', help: 'actions a second, of all users together, at random times', fallback: '5' },
  burst: {
    takes: 'BURST',
    help: 'such as 5x10s/1m: five times the rate for 10 s of each minute',
    fallback: 'none',
  },
  mix: { takes: 'WEIGHTS', help: 'how often each action is done', fallback: asText(usualMix) },
  segments: { takes: 'WEIGHTS', help: 'how many users are of each segment', fallback: asText(usualSegments) },
  patience: { takes: 'TIME', help: 'after which a user gives up an action', fallback: '10s' },
  listen: { takes: 'ADDRESS', help: 'where /metrics and /livez are, or none', fallback: '127.0.0.1:8020' },
  every: { takes: 'TIME', help: 'between two lines of progress where this is no terminal', fallback: '10s' },
  output: { takes: 'FORM', help: 'text, json, or auto: text in a terminal', fallback: 'auto' },
  'log-level': { takes: 'LEVEL', help: 'of the lines in JSON', fallback: 'info' },
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof options;

/** How the text of each becomes a value. */
export const schemas = {
  url: httpAddress,
  for: duration.optional(),
  users: wholeNumber(1, 10_000),
  rate: positiveNumber(10_000),
  burst,
  mix: weights(actions),
  segments: weights(segments),
  patience: shortDuration,
  listen: z.union(
    [z.literal('none').transform(() => undefined), listenVariable('127.0.0.1:8020')],
    'give host:port, for example 127.0.0.1:8020, or none',
  ),
  every: shortDuration,
  output: z.enum(['auto', 'text', 'json'], 'give auto, text or json'),
  'log-level': logLevelVariable,
} satisfies Record<OptionName, z.ZodType>;

function asText(given: Readonly<Record<string, number>>): string {
  return Object.entries(given)
    .map(([name, weight]) => `${name}=${weight}`)
    .join(',');
}

export function variableOf(name: OptionName): string {
  return `TRAFFIC_${name.replaceAll('-', '_').toUpperCase()}`;
}
