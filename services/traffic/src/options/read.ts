import { type ParseArgsConfig, parseArgs } from 'node:util';
import { ConfigError, type Environment, type LogLevel } from '@shop/service/config';
import type { Address } from '@shop/service/listener';
import { z } from 'zod';
import type { Mix, Segments } from '../users/action.ts';
import type { Demand } from '../users/demand.ts';
import { type OptionName, options, schemas, variableOf } from './options.ts';

export interface Settings {
  /** Without a slash at its end. */
  url: string;
  /** undefined: until it is stopped. */
  forMs: number | undefined;
  users: number;
  demand: Demand;
  mix: Mix;
  segments: Segments;
  patienceMs: number;
  /** undefined: no metrics. */
  listen: Address | undefined;
  everyMs: number;
  output: 'auto' | 'text' | 'json';
  logLevel: LogLevel;
}

const names = Object.keys(options).filter((name): name is OptionName => Object.hasOwn(options, name));
const schema = z.object(schemas);

/** Reads flags and, where one is absent, its variable. Throws a ConfigError that names each wrong one and the remedy. */
export function readSettings(flags: readonly string[], env: Environment): Settings | 'help' {
  const given = readFlags(flags);
  if (given['help'] === true) return 'help';
  const problems: string[] = unknownVariables(env).map(
    (name) => `${name} is not known: give one of ${names.map(variableOf).join(', ')}, or unset it`,
  );
  const texts: Partial<Record<OptionName, string>> = {};
  for (const name of names) {
    const flag = given[name];
    const text = typeof flag === 'string' ? flag : (env[variableOf(name)] ?? options[name].fallback);
    if (text === undefined) continue;
    const result = schemas[name].safeParse(text);
    if (result.success) texts[name] = text;
    else {
      const source = typeof flag === 'string' ? `--${name}` : variableOf(name);
      problems.push(`${source} is ${JSON.stringify(text)}: ${result.error.issues[0]?.message}`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems.join('; '));
  const read = schema.parse(texts);
  return {
    url: read.url,
    forMs: read.for,
    users: read.users,
    demand: { perSecond: read.rate, burst: read.burst },
    mix: read.mix,
    segments: read.segments,
    patienceMs: read.patience,
    listen: read.listen,
    everyMs: read.every,
    output: read.output,
    logLevel: read['log-level'],
  };
}

function readFlags(flags: readonly string[]): Readonly<Record<string, unknown>> {
  const known: NonNullable<ParseArgsConfig['options']> = { help: { type: 'boolean', short: 'h' } };
  for (const name of names) known[name] = { type: 'string' };
  try {
    return parseArgs({ args: [...flags], options: known }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // Its first sentence names the flag; what follows is about programs that take file names.
    throw new ConfigError(`${error.message.split('. ')[0]}; --help lists every option`);
  }
}

// Kubernetes and Docker links inject TRAFFIC_SERVICE_… and TRAFFIC_PORT… into the neighbours of a service `traffic`.
function unknownVariables(env: Environment): string[] {
  const known = names.map(variableOf);
  return Object.keys(env).filter(
    (name) =>
      name.startsWith('TRAFFIC_') &&
      env[name] !== undefined &&
      !known.includes(name) &&
      !/^TRAFFIC_(SERVICE_|PORT$|PORT_)/.test(name),
  );
}

export const help = `Simulated users of the shop: they look, buy, sign in, and now and then settle.

  npm run traffic -- --for 30s

${names.map((name) => row(name)).join('\n')}

Each can be given as a variable too: --log-level is ${variableOf('log-level')}. Ctrl-C ends it; the summary is printed.
Exit codes: 0 ended, 1 the api never answered, 2 an option or a variable cannot be used.
`;

function row(name: OptionName): string {
  const { takes, help: text, fallback } = options[name];
  return `  ${`--${name} ${takes}`.padEnd(20)} ${text}${fallback === undefined ? '' : ` (${fallback})`}`;
}
