import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@shop/service/config';
import { afterAll, expect, test } from 'vitest';
import { readConfig } from './config.ts';

const folder = mkdtempSync(join(tmpdir(), 'payments-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test('needs nothing, and leaves alone what Kubernetes injects beside a service named payments', () => {
  const env = { PATH: '/bin', PAYMENTS_PORT: 'tcp://10.0.0.1:8010', PAYMENTS_SERVICE_HOST: '10.0.0.1' };
  expect(readConfig(env)).toEqual({
    listen: { host: '127.0.0.1', port: 8010 },
    banks: { failureRate: 0.05, declineRate: 0.02, limit: 10_000_000 },
    faultsTokens: undefined,
    logLevel: 'info',
  });
});

test('takes every variable', () => {
  const env = {
    PAYMENTS_LISTEN: '[::]:9000',
    PAYMENTS_FAILURE_RATE: '1',
    PAYMENTS_DECLINE_RATE: '0.25',
    PAYMENTS_LIMIT: '500',
    PAYMENTS_FAULTS_TOKEN_FILE: file('tokens', 'one\n\n  two\r\n'),
    PAYMENTS_LOG_LEVEL: 'debug',
  };
  expect(readConfig(env)).toEqual({
    listen: { host: '::', port: 9000 },
    banks: { failureRate: 1, declineRate: 0.25, limit: 500 },
    faultsTokens: ['one', 'two'],
    logLevel: 'debug',
  });
});

test.each([
  [{ PAYMENTS_LISTEN: '8010' }, 'PAYMENTS_LISTEN is "8010": give host:port, for example 127.0.0.1:8010'],
  [{ PAYMENTS_LISTEN: 'x:70000' }, 'PAYMENTS_LISTEN is "x:70000": give a port from 0 to 65535'],
  [
    { PAYMENTS_FAILURE_RATE: '5%' },
    'PAYMENTS_FAILURE_RATE is "5%": give a share from 0 to 1, for example 0.05',
  ],
  [{ PAYMENTS_DECLINE_RATE: '1.5' }, 'PAYMENTS_DECLINE_RATE is "1.5": give a share from 0 to 1'],
  [{ PAYMENTS_LIMIT: '12.50' }, 'PAYMENTS_LIMIT is "12.50": give a whole number of minor units'],
  [{ PAYMENTS_LOG_LEVEL: 'loud' }, 'PAYMENTS_LOG_LEVEL is "loud": give one of fatal, error'],
  [{ PAYMENTS_LISTN: 'x' }, 'PAYMENTS_LISTN is not known here: remove it or correct its spelling'],
  [{ PAYMENTS_FAULTS_TOKEN_FILE: '/nope' }, 'this file cannot be read (ENOENT)'],
  [{ PAYMENTS_FAULTS_TOKEN_FILE: file('empty', '\n') }, 'this file holds no token; write one token a line'],
  [{ PAYMENTS_FAULTS_TOKEN_FILE: file('two', 'a b\n') }, 'a token in this file holds white space'],
])('refuses %j naming variable, value and remedy', (env, message) => {
  expect(() => readConfig(env)).toThrow(ConfigError);
  expect(() => readConfig(env)).toThrow(message);
});
