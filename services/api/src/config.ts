import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { describe, validate } from './validate.ts';

export interface Config {
  listen: { host: string; port: number };
  databaseUrl: string;
  /** http://host:port of the payment gateway. */
  paymentsUrl: string;
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

const environment = z.strictObject({
  API_LISTEN: z
    .string()
    .regex(/^(\[[0-9a-fA-F:]+\]|[^\s:[\]]+):\d{1,5}$/, {
      error: 'give host:port, for example 127.0.0.1:8000',
      abort: true,
    })
    .refine((text) => splitListen(text).port <= 65_535, 'give a port from 0 to 65535')
    .default('127.0.0.1:8000')
    .transform(splitListen),
  API_DATABASE_URL: z
    .string('set it to the database, for example postgres://user:password@127.0.0.1:5432/shop')
    .refine(isPostgresUrl, 'give postgres://user:password@host:port/database'),
  API_DATABASE_PASSWORD_FILE: z
    .string()
    .min(
      1,
      'give the path of a file that holds the password, or unset it and give the password in API_DATABASE_URL',
    )
    .optional(),
  API_PAYMENTS_URL: z
    .string('set it to the payment gateway, for example http://127.0.0.1:8010')
    .refine(isHttpUrl, 'give http://host:port, with nothing but a path behind it'),
  API_FAULTS_TOKEN_FILE: z
    .string()
    .min(1, 'give the path of a file with one token a line, or unset it to close /faults')
    .optional(),
  API_LOG_LEVEL: z.enum(logLevels, `give one of ${logLevels.join(', ')}`).default('info'),
});

/**
 * Reads the configuration from environment variables. A variable that is set is used or refused, never replaced by
 * its default, and an unknown API_… variable is refused too: it is a typing error that would hide behind a default.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const result = validate(environment, Object.fromEntries(Object.entries(env).filter(isOurs)));
  if (!result.ok) {
    const problems = result.problems.map((problem) => ({ ...problem, value: redact(problem.value) }));
    throw new ConfigError(problems.map(describe).join('; '));
  }
  const { API_LISTEN, API_DATABASE_URL, API_DATABASE_PASSWORD_FILE, API_FAULTS_TOKEN_FILE } = result.value;
  return {
    listen: API_LISTEN,
    databaseUrl:
      API_DATABASE_PASSWORD_FILE === undefined
        ? API_DATABASE_URL
        : withPassword(API_DATABASE_URL, API_DATABASE_PASSWORD_FILE),
    paymentsUrl: result.value.API_PAYMENTS_URL,
    faultsTokens: API_FAULTS_TOKEN_FILE === undefined ? undefined : readTokens(API_FAULTS_TOKEN_FILE),
    logLevel: result.value.API_LOG_LEVEL,
  };
}

// Kubernetes and Docker links inject API_SERVICE_… and API_PORT… into the neighbours of a service named `api`.
function isOurs([name, value]: [string, string | undefined]): boolean {
  return name.startsWith('API_') && value !== undefined && !/^API_(SERVICE_|PORT$|PORT_)/.test(name);
}

function splitListen(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}

function isPostgresUrl(text: string): boolean {
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text)) return false;
  const url = new URL(text);
  return url.hostname !== '' && url.pathname.length > 1;
}

function isHttpUrl(text: string): boolean {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false;
  const { username, password, search, hash } = new URL(text);
  // A password in it would be shown by `docker inspect`, and the gateway takes none.
  return username + password + search + hash === '';
}

// The database address may hold a password, and this message ends up in a log.
function redact(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value.replace(/^([a-z]+:\/\/)?.*@/s, '$1***@').replace(/(password=)[^&]*/gi, '$1***');
}

/** The address with the password of a file in it, so that no environment, which anybody may list, holds one. */
function withPassword(address: string, path: string): string {
  const refuse = (why: string) =>
    new ConfigError(`API_DATABASE_PASSWORD_FILE is ${JSON.stringify(path)}: ${why}`);
  const url = new URL(address);
  if (url.password !== '' || url.searchParams.has('password'))
    throw refuse('API_DATABASE_URL holds a password too; give it in one place');
  if (url.username === '')
    throw refuse('API_DATABASE_URL names no user; give postgres://user@host:port/database');
  const password = readText(path, refuse, 'a readable file that holds the password').replace(/\r?\n$/, '');
  if (password === '' || password.includes('\n')) throw refuse('this file must hold one line, the password');
  url.password = encodeURIComponent(password);
  return url.href;
}

function readTokens(path: string): string[] {
  const refuse = (why: string) =>
    new ConfigError(`API_FAULTS_TOKEN_FILE is ${JSON.stringify(path)}: ${why}, or unset it to close /faults`);
  const tokens = readText(path, refuse, 'a readable file with one token a line')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (tokens.length === 0) throw refuse('this file holds no token; write one token a line');
  if (tokens.some((token) => /\s/.test(token)))
    throw refuse('a token in this file holds white space; write one token a line');
  return tokens;
}

function readText(path: string, refuse: (why: string) => ConfigError, give: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw refuse(`this file cannot be read${reason}; give ${give}`);
  }
}
