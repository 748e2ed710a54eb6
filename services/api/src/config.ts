import {
  ConfigError,
  type Environment,
  faultsTokenFileVariable,
  type LogLevel,
  listenVariable,
  logLevelVariable,
  readEnvironment,
  readTextFile,
  readTokens,
} from '@shop/service/config';
import type { Address } from '@shop/service/listener';
import { z } from 'zod';

export interface Config {
  listen: Address;
  databaseUrl: string;
  /** http://host:port of the payment gateway. */
  paymentsUrl: string;
  /** undefined: /faults is closed. */
  faultsTokens: readonly string[] | undefined;
  logLevel: LogLevel;
}

const schema = z.strictObject({
  API_LISTEN: listenVariable('127.0.0.1:8000'),
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
  API_FAULTS_TOKEN_FILE: faultsTokenFileVariable,
  API_LOG_LEVEL: logLevelVariable,
});

// Kubernetes and Docker links inject these into the neighbours of a service named `api`.
const foreign = /^API_(SERVICE_|PORT$|PORT_)/;

/** Reads the configuration from the API_… variables. */
export function readConfig(env: Environment): Config {
  const value = readEnvironment(env, { prefix: 'API_', foreign, schema, redact });
  const { API_DATABASE_URL, API_DATABASE_PASSWORD_FILE } = value;
  return {
    listen: value.API_LISTEN,
    databaseUrl:
      API_DATABASE_PASSWORD_FILE === undefined
        ? API_DATABASE_URL
        : withPassword(API_DATABASE_URL, API_DATABASE_PASSWORD_FILE),
    paymentsUrl: value.API_PAYMENTS_URL,
    faultsTokens: readTokens('API_FAULTS_TOKEN_FILE', value.API_FAULTS_TOKEN_FILE),
    logLevel: value.API_LOG_LEVEL,
  };
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
  const password = readTextFile(path, refuse, 'a readable file that holds the password').replace(
    /\r?\n$/,
    '',
  );
  if (password === '' || password.includes('\n')) throw refuse('this file must hold one line, the password');
  url.password = encodeURIComponent(password);
  return url.href;
}
