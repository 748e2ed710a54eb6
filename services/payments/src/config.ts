import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Banks } from './authorisations/authorisation.ts';
import { describe, validate } from './validate.ts';

export interface Config {
  listen: { host: string; port: number };
  banks: Banks;
  /** undefined: /faults is closed. */
  faultsTokens: readonly string[] | undefined;
  logLevel: LogLevel;
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** The environment cannot be used. The message names each variable, its value and the remedy. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConfigError';
  }
}

const share = (fallback: string) =>
  z
    .string()
    .regex(/^(0(\.\d+)?|1(\.0+)?)$/, 'give a share from 0 to 1, for example 0.05')
    .default(fallback)
    .transform(Number);

const environment = z.strictObject({
  PAYMENTS_LISTEN: z
    .string()
    .regex(/^(\[[0-9a-fA-F:]+\]|[^\s:[\]]+):\d{1,5}$/, {
      error: 'give host:port, for example 127.0.0.1:8010',
      abort: true,
    })
    .refine((text) => splitListen(text).port <= 65_535, 'give a port from 0 to 65535')
    .default('127.0.0.1:8010')
    .transform(splitListen),
  PAYMENTS_FAILURE_RATE: share('0.05'),
  PAYMENTS_DECLINE_RATE: share('0.02'),
  PAYMENTS_LIMIT: z
    .string()
    .regex(/^[1-9]\d{0,12}$/, 'give a whole number of minor units, for example 10000000')
    .default('10000000')
    .transform(Number),
  PAYMENTS_FAULTS_TOKEN_FILE: z
    .string()
    .min(1, 'give the path of a file with one token a line, or unset it to close /faults')
    .optional(),
  PAYMENTS_LOG_LEVEL: z.enum(logLevels, `give one of ${logLevels.join(', ')}`).default('info'),
});

/**
 * Reads the configuration from environment variables. A variable that is set is used or refused, never replaced by
 * its default, and an unknown PAYMENTS_… variable is refused too: it is a typing error that would hide behind a default.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const result = validate(environment, Object.fromEntries(Object.entries(env).filter(isOurs)));
  if (!result.ok) throw new ConfigError(result.problems.map(describe).join('; '));
  const { value } = result;
  return {
    listen: value.PAYMENTS_LISTEN,
    banks: {
      failureRate: value.PAYMENTS_FAILURE_RATE,
      declineRate: value.PAYMENTS_DECLINE_RATE,
      limit: value.PAYMENTS_LIMIT,
    },
    faultsTokens:
      value.PAYMENTS_FAULTS_TOKEN_FILE === undefined
        ? undefined
        : readTokens(value.PAYMENTS_FAULTS_TOKEN_FILE),
    logLevel: value.PAYMENTS_LOG_LEVEL,
  };
}

// Kubernetes and Docker links inject these into the neighbours of a service named `payments`.
function isOurs([name, value]: [string, string | undefined]): boolean {
  return (
    name.startsWith('PAYMENTS_') &&
    value !== undefined &&
    !/^PAYMENTS_(SERVICE_|PORT$|PORT_|NAME$|ENV_)/.test(name)
  );
}

function splitListen(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}

function readTokens(path: string): string[] {
  const refuse = (why: string) =>
    new ConfigError(
      `PAYMENTS_FAULTS_TOKEN_FILE is ${JSON.stringify(path)}: ${why}, or unset it to close /faults`,
    );
  const tokens = readText(path, refuse)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (tokens.length === 0) throw refuse('this file holds no token; write one token a line');
  if (tokens.some((token) => /\s/.test(token)))
    throw refuse('a token in this file holds white space; write one token a line');
  return tokens;
}

function readText(path: string, refuse: (why: string) => ConfigError): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw refuse(`this file cannot be read${reason}; give a readable file with one token a line`);
  }
}
