import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../testing/log.ts';
import { ConfigError } from './config-error.ts';
import { describeConfig, readConfig } from './env.ts';
import { readSecret } from './secret.ts';

const GOOD = {
  ALERT_BOT_PLATFORM: 'supervisor',
  ALERT_BOT_DATA_DIR: '/data',
  ALERT_BOT_PLAYBOOKS: '/etc/playbooks.yml',
  ALERT_BOT_ALERTMANAGER_URLS: 'http://a:9093/',
  ALERT_BOT_PROMETHEUS_URL: 'http://p:9090',
  ALERT_BOT_SUPERVISOR_SOCKET: '/run/s.sock',
};

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig({ ...GOOD, ...env });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const WEBHOOK = 'https://hooks.slack.com/services/T0/B0/SECRET?x=1';

test('who is told, when and with which secrets', () => {
  const config = readConfig({
    ...GOOD,
    ALERT_BOT_EXTERNAL_URL: 'https://bot.example.org/',
    ALERT_BOT_REPORT_WEBHOOK_URL: WEBHOOK,
    ALERT_BOT_REPORT_AT: '06:30 Europe/Berlin',
    ALERT_BOT_GRAFANA_URL: 'http://grafana:3000',
    ALERT_BOT_GRAFANA_TOKEN_FILE: '/run/token',
    ALERT_BOT_GRAFANA_USER: 'admin',
    ALERT_BOT_GRAFANA_EXTERNAL_URL: 'https://example.org/grafana/',
  });
  expect(config.notify).toEqual({
    externalUrl: 'https://bot.example.org',
    report: { url: { value: WEBHOOK }, at: { minutes: 390, zone: 'Europe/Berlin' } },
    grafana: { url: 'http://grafana:3000', secret: { file: '/run/token' }, user: 'admin' },
    grafanaExternalUrl: 'https://example.org/grafana',
  });
  const described = describeConfig(config);
  expect(described).toMatchObject({
    ALERT_BOT_REPORT_WEBHOOK_URL: '(set)',
    ALERT_BOT_REPORT_AT: '06:30 Europe/Berlin',
    ALERT_BOT_GRAFANA_TOKEN: '(of /run/token)',
    ALERT_BOT_GRAFANA_EXTERNAL_URL: 'https://example.org/grafana',
  });
  expect(JSON.stringify(described)).not.toContain('SECRET');
});

test('empty is off, as Compose leaves what it was not given', () => {
  const off = {
    ALERT_BOT_GRAFANA_URL: '',
    ALERT_BOT_REPORT_WEBHOOK_URL: '',
    ALERT_BOT_GRAFANA_TOKEN_FILE: '/t',
    ALERT_BOT_GRAFANA_EXTERNAL_URL: '',
  };
  expect(readConfig({ ...GOOD, ...off }).notify).toEqual({
    externalUrl: null,
    report: null,
    grafana: null,
    grafanaExternalUrl: null,
  });
});

test('a report is at seven in UTC unless said', () => {
  const { notify } = readConfig({ ...GOOD, ALERT_BOT_REPORT_WEBHOOK_URL: WEBHOOK });
  expect(notify.report?.at).toEqual({ minutes: 420, zone: 'UTC' });
});

test.each([
  [
    { ALERT_BOT_REPORT_AT: '7' },
    'ALERT_BOT_REPORT_AT is "7", which is not a time of day with its time zone: set it to one such as 07:00 Europe/Berlin.',
  ],
  [{ ALERT_BOT_REPORT_AT: '24:00 UTC' }, 'which is not a time of day'],
  [
    { ALERT_BOT_REPORT_AT: '07:00 Berlin' },
    'has a zone that is not a time zone: did you mean Europe/Berlin?',
  ],
  [{ ALERT_BOT_REPORT_AT: '07:00 +01:00' }, 'has a zone that is an offset, which knows no summer time'],
  [{ ALERT_BOT_REPORT_AT: '07:00 UTC daily' }, 'which is not a time of day with its time zone'],
  [{ ALERT_BOT_REPORT_AT: '' }, 'is empty: set it to one such as 07:00 Europe/Berlin.'],
  [
    { ALERT_BOT_REPORT_WEBHOOK_URL: 'SECRET' },
    "ALERT_BOT_REPORT_WEBHOOK_URL is not an http(s) address: set it to the webhook's",
  ],
  [
    { ALERT_BOT_REPORT_WEBHOOK_URL: WEBHOOK, ALERT_BOT_REPORT_WEBHOOK_URL_FILE: '/f' },
    'ALERT_BOT_REPORT_WEBHOOK_URL and ALERT_BOT_REPORT_WEBHOOK_URL_FILE are both set: set one of them.',
  ],
  [
    { ALERT_BOT_GRAFANA_URL: 'http://g' },
    'ALERT_BOT_GRAFANA_TOKEN_FILE is not set: ALERT_BOT_GRAFANA_URL needs a file',
  ],
  [
    { ALERT_BOT_GRAFANA_TOKEN: 'SECRET' },
    'ALERT_BOT_GRAFANA_URL is not set: set it to the address that the token is for',
  ],
  [
    { ALERT_BOT_GRAFANA_URL: 'grafana', ALERT_BOT_GRAFANA_TOKEN: 'x' },
    'ALERT_BOT_GRAFANA_URL is "grafana", which is not an http(s) address',
  ],
  [
    { ALERT_BOT_GRAFANA_URL: 'http://g', ALERT_BOT_GRAFANA_TOKEN: 'x', ALERT_BOT_GRAFANA_USER: 'a:b' },
    'ALERT_BOT_GRAFANA_USER is "a:b", which has a colon in it',
  ],
  [
    { ALERT_BOT_GRAFANA_EXTERNAL_URL: 'grafana' },
    'ALERT_BOT_GRAFANA_EXTERNAL_URL is "grafana", which is not an http(s) address: set it to',
  ],
  [{ ALERT_BOT_EXTERNAL_URL: 'bot' }, 'ALERT_BOT_EXTERNAL_URL is "bot", which is not an http(s) address'],
])('%j is refused with what to set instead, and no secret is shown', (env, message) => {
  const problems = problemsOf(env).join('\n');
  expect(problems).toContain(message);
  expect(problems).not.toContain('SECRET');
});

describe('a secret in a file', () => {
  test('is its first line that is not empty, as it stands there now', () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'url');
    writeFileSync(file, '\n  one  \ntwo\n');
    expect(readSecret({ file })).toBe('one');
    writeFileSync(file, 'new');
    expect(readSecret({ file })).toBe('new');
  });

  test('that is missing or empty is told with its remedy', () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'url');
    expect(() => readSecret({ file })).toThrow(`the file ${file} cannot be read (ENOENT): make it`);
    writeFileSync(file, ' \n');
    expect(() => readSecret({ file })).toThrow(
      `the file ${file} is empty: write the secret on its first line`,
    );
  });
});
