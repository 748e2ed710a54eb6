import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@shop/service/config';
import { afterAll, describe, expect, test } from 'vitest';
import { readConfig } from './config.ts';

const folder = mkdtempSync(join(tmpdir(), 'api-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const url = 'postgres://shop:hunter2@db:5432/shop';
const gateway = { API_PAYMENTS_URL: 'http://payments:8010' };

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('readConfig', () => {
  test('needs only the database and the gateway', () => {
    expect(readConfig({ API_DATABASE_URL: url, ...gateway, PATH: '/bin' })).toEqual({
      listen: { host: '127.0.0.1', port: 8000 },
      databaseUrl: url,
      paymentsUrl: 'http://payments:8010',
      faultsTokens: undefined,
      logLevel: 'info',
    });
  });

  test('takes every variable', () => {
    const tokens = file('tokens', 'one\n\n  two\r\n');
    const env = {
      API_DATABASE_URL: url,
      ...gateway,
      API_LISTEN: '[::]:9000',
      API_FAULTS_TOKEN_FILE: tokens,
      API_LOG_LEVEL: 'debug',
    };
    expect(readConfig(env)).toEqual({
      listen: { host: '::', port: 9000 },
      databaseUrl: url,
      paymentsUrl: 'http://payments:8010',
      faultsTokens: ['one', 'two'],
      logLevel: 'debug',
    });
  });

  test.each([
    [
      {},
      'API_DATABASE_URL is missing: set it to the database, for example postgres://user:password@127.0.0.1:5432/shop',
    ],
    [{ API_LISTEN: '8000' }, 'API_LISTEN is "8000": give host:port, for example 127.0.0.1:8000'],
    [{ API_LISTEN: '' }, 'API_LISTEN is "": give host:port, for example 127.0.0.1:8000'],
    [{ API_LISTEN: 'localhost:70000' }, 'API_LISTEN is "localhost:70000": give a port from 0 to 65535'],
    [
      { API_LOG_LEVEL: 'verbose' },
      'API_LOG_LEVEL is "verbose": give one of fatal, error, warn, info, debug, trace, silent',
    ],
    [{ API_LISTN: 'x' }, 'API_LISTN is not known here: remove it or correct its spelling'],
    [
      { API_PAYMENTS_URL: undefined },
      'API_PAYMENTS_URL is missing: set it to the payment gateway, for example http://127.0.0.1:8010',
    ],
    [{ API_PAYMENTS_URL: 'payments:8010' }, 'API_PAYMENTS_URL is "payments:8010": give http://host:port'],
    [{ API_PAYMENTS_URL: 'ftp://payments' }, 'API_PAYMENTS_URL is "ftp://payments": give http://host:port'],
    [{ API_PAYMENTS_URL: 'http://u:secret@payments' }, 'API_PAYMENTS_URL is "http://***@payments"'],
    [{ API_PAYMENTS_URL: 'http://payments?a=1' }, 'API_PAYMENTS_URL is "http://payments?a=1"'],
    [{ API_FAULTS_TOKEN_FILE: '' }, 'API_FAULTS_TOKEN_FILE is ""'],
    [
      { API_FAULTS_TOKEN_FILE: '/nope' },
      'API_FAULTS_TOKEN_FILE is "/nope": this file cannot be read (ENOENT)',
    ],
    [{ API_FAULTS_TOKEN_FILE: file('empty', '\n') }, 'this file holds no token; write one token a line'],
    [{ API_FAULTS_TOKEN_FILE: file('two', 'a b\n') }, 'a token in this file holds white space'],
  ])('refuses %j naming variable, value and remedy', (env, message) => {
    const base = message.startsWith('API_DATABASE_URL') ? gateway : { API_DATABASE_URL: url, ...gateway };
    const read = () => readConfig({ ...base, ...env });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(message);
  });

  test.each([
    ['hunter2\n', 'hunter2'],
    ['a b/c@d:e%41\r\n', 'a b/c@d:e%41'],
  ])('puts the password of a file, %j, into the address', (text, password) => {
    const env = {
      ...gateway,
      API_DATABASE_URL: 'postgres://shop@db:5432/shop?sslmode=disable',
      API_DATABASE_PASSWORD_FILE: file('password', text),
    };
    const found = new URL(readConfig(env).databaseUrl);
    expect(decodeURIComponent(found.password)).toBe(password);
    expect([found.username, found.host, found.pathname, found.search]).toEqual([
      'shop',
      'db:5432',
      '/shop',
      '?sslmode=disable',
    ]);
  });

  test.each([
    ['postgres://shop@db/shop', '', 'API_DATABASE_PASSWORD_FILE is ""'],
    ['postgres://shop@db/shop', '/nope', 'this file cannot be read (ENOENT)'],
    ['postgres://shop@db/shop', file('blank', '\n'), 'this file must hold one line, the password'],
    ['postgres://shop@db/shop', file('lines', 'a\nb\n'), 'this file must hold one line, the password'],
    [url, file('again', 'x'), 'API_DATABASE_URL holds a password too'],
    ['postgres://db/shop?password=hunter2', file('again', 'x'), 'API_DATABASE_URL holds a password too'],
    ['postgres://db/shop', file('again', 'x'), 'API_DATABASE_URL names no user'],
  ])('refuses for %s the password file %j', (address, path, message) => {
    const read = () =>
      readConfig({ ...gateway, API_DATABASE_URL: address, API_DATABASE_PASSWORD_FILE: path });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(message);
    expect(read).not.toThrow(/hunter2/);
  });

  test.each([
    ['mysql://shop:hunter2@db/shop', 'API_DATABASE_URL is "mysql://***@db/shop"'],
    ['shop:hunter2@db/shop', 'API_DATABASE_URL is "***@db/shop"'],
    ['mysql://db/shop?password=hunter2', 'API_DATABASE_URL is "mysql://db/shop?password=***"'],
    ['postgres://shop:hunter2@db', 'API_DATABASE_URL is "postgres://***@db"'],
    ['postgres://shop:hun ter@2@db:x/shop', 'API_DATABASE_URL is "postgres://***@db:x/shop"'],
  ])('does not show the password of %s', (given, message) => {
    const read = () => readConfig({ ...gateway, API_DATABASE_URL: given });
    expect(read).toThrow(message);
    expect(read).toThrow('give postgres://user:password@host:port/database');
    expect(read).not.toThrow(/hunter2|hun ter/);
  });

  test('leaves alone what Kubernetes injects beside a service named api', () => {
    const env = {
      API_DATABASE_URL: url,
      ...gateway,
      API_SERVICE_HOST: '10.0.0.1',
      API_PORT: 'tcp://10.0.0.1:8000',
      API_PORT_8000_TCP: 'x',
    };
    expect(readConfig(env).listen.port).toBe(8000);
  });
});
