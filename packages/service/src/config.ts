import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Address } from './listener.ts';
import { describe, validate } from './validate.ts';

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** The environment cannot be used. The message names each variable, its value and the remedy. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConfigError';
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Reading<T> {
  /** What the variables of this service begin with, for example `API_`. */
  prefix: string;
  /** Variables with that prefix that somebody else injects. */
  foreign: RegExp;
  schema: z.ZodType<T>;
  /** Takes secrets out of a value before it is shown; this message ends up in a log. */
  redact?(value: unknown): unknown;
}

/**
 * Reads the variables of a service. One that is set is used or refused, never replaced by its default, and an unknown one
 * is refused too: it is a typing error that would hide behind a default. Throws a ConfigError.
 */
export function readEnvironment<T>(env: Environment, { prefix, foreign, schema, redact }: Reading<T>): T {
  const ours = Object.entries(env).filter(
    ([name, value]) => name.startsWith(prefix) && value !== undefined && !foreign.test(name),
  );
  const result = validate(schema, Object.fromEntries(ours));
  if (result.ok) return result.value;
  const problems = result.problems.map((problem) => ({
    ...problem,
    value: redact === undefined ? problem.value : redact(problem.value),
  }));
  throw new ConfigError(problems.map(describe).join('; '));
}

/** host:port, with brackets around an IPv6 address. */
export function listenVariable(fallback: string) {
  return z
    .string()
    .regex(/^(\[[0-9a-fA-F:]+\]|[^\s:[\]]+):\d{1,5}$/, {
      error: `give host:port, for example ${fallback}`,
      abort: true,
    })
    .refine((text) => splitListen(text).port <= 65_535, 'give a port from 0 to 65535')
    .default(fallback)
    .transform(splitListen);
}

export const logLevelVariable = z.enum(logLevels, `give one of ${logLevels.join(', ')}`).default('info');

export const faultsTokenFileVariable = z
  .string()
  .min(1, 'give the path of a file with one token a line, or unset it to close /faults')
  .optional();

function splitListen(text: string): Address {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}

/** The tokens of a file, or undefined where no file is named. Throws a ConfigError that names the variable. */
export function readTokens(variable: string, path: string | undefined): string[] | undefined {
  if (path === undefined) return undefined;
  const refuse = (why: string) =>
    new ConfigError(`${variable} is ${JSON.stringify(path)}: ${why}, or unset it to close /faults`);
  const tokens = readTextFile(path, refuse, 'a readable file with one token a line')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (tokens.length === 0) throw refuse('this file holds no token; write one token a line');
  if (tokens.some((token) => /\s/.test(token)))
    throw refuse('a token in this file holds white space; write one token a line');
  return tokens;
}

/** The text of a file that a variable names; `give` says what the file should have been. */
export function readTextFile(path: string, refuse: (why: string) => ConfigError, give: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw refuse(`this file cannot be read${reason}; give ${give}`);
  }
}
