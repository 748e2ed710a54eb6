import { ConfigError } from '@shop/service/config';
import { describe, expect, test } from 'vitest';
import { usualMix, usualSegments } from '../users/action.ts';
import { variableOf } from './options.ts';
import { help, readSettings } from './read.ts';

function refusal(flags: string[], env: Record<string, string> = {}): string {
  try {
    readSettings(flags, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('it was accepted');
}

test('with nothing given there is a run that does no harm and does not end', () => {
  expect(readSettings([], {})).toEqual({
    url: 'http://127.0.0.1:8000',
    forMs: undefined,
    users: 10,
    demand: { perSecond: 5, burst: undefined },
    mix: usualMix,
    segments: usualSegments,
    patienceMs: 10_000,
    listen: { host: '127.0.0.1', port: 8020 },
    everyMs: 10_000,
    output: 'auto',
    logLevel: 'info',
  });
});

test('a flag wins over its variable, and a variable over the default', () => {
  const env = { TRAFFIC_RATE: '2', TRAFFIC_USERS: '3', TRAFFIC_LOG_LEVEL: 'warn' };
  expect(readSettings(['--rate', '7'], env)).toMatchObject({
    users: 3,
    demand: { perSecond: 7 },
    logLevel: 'warn',
  });
});

test.each([
  ['--for', '1h2m3s', { forMs: 3_723_000 }],
  ['--for', '0.5s', { forMs: 500 }],
  ['--url', 'http://api:8000/', { url: 'http://api:8000' }],
  [
    '--burst',
    '2.5x10s/1m',
    { demand: { perSecond: 5, burst: { factor: 2.5, forMs: 10_000, everyMs: 60_000 } } },
  ],
  ['--listen', 'none', { listen: undefined }],
  ['--listen', '[::1]:9000', { listen: { host: '::1', port: 9000 } }],
  ['--segments', 'vip=1', { segments: { new: 0, regular: 0, vip: 1 } }],
])('%s %s is understood', (flag, text, settings) => {
  expect(readSettings([flag, text], {})).toMatchObject(settings);
});

test.each([
  ['--for', '30', 'give a duration, for example 30s, 2m or 1h30m'],
  ['--for', '0s', 'give a duration'],
  ['--users', '1.5', 'give a whole number from 1 to 10000'],
  ['--users', '10001', 'give a whole number from 1 to 10000'],
  ['--rate', '0', 'give a number above 0'],
  ['--rate', '1e9', 'give a number above 0'],
  ['--burst', '0.5x1s/1m', 'give none, or FACTORxDURATION/EVERY'],
  ['--burst', '2x1m/1m', 'give bursts that are shorter'],
  ['--burst', '2x10/60', 'give none, or FACTORxDURATION/EVERY'],
  ['--mix', 'buy=1,steal=1', 'there is no steal: give weights such as browse=3,settle=1'],
  ['--mix', 'buy=1,buy=2', 'buy is given twice'],
  ['--mix', 'buy=0', 'nothing is left to do'],
  ['--mix', 'buy', '"buy" is not a name with its weight'],
  ['--mix', '', '"" is not a name with its weight'],
  ['--segments', 'vip=x', '"vip=x" is not a name with its weight'],
  ['--url', 'localhost:8000', 'give http://host:port'],
  ['--url', 'http://me:secret@host', 'give http://host:port'],
  ['--listen', '8020', 'give host:port, for example 127.0.0.1:8020, or none'],
  ['--listen', 'a:99999', 'give host:port'],
  ['--patience', '-1s', 'give a duration'],
  ['--patience', '600h', 'give 24h or less'],
  ['--every', '600h', 'give 24h or less'],
  ['--output', 'xml', 'give auto, text or json'],
  ['--log-level', 'loud', 'give one of fatal'],
])('%s %s is refused with the remedy', (flag, text, remedy) => {
  const flags = [`${flag}=${text}`];
  expect(refusal(flags)).toContain(`${flag} is ${JSON.stringify(text)}: ${remedy}`);
});

describe('what is wrong is named by where it comes from', () => {
  test('all at once', () => {
    const said = refusal(['--rate', 'x'], { TRAFFIC_USERS: 'y' });
    expect(said).toBe(
      'TRAFFIC_USERS is "y": give a whole number from 1 to 10000; --rate is "x": give a number above 0, at most 10000',
    );
  });

  test('a variable nobody knows is a typing error, unless Kubernetes or a Docker link made it', () => {
    expect(refusal([], { TRAFFIC_RAET: '1' })).toMatch(
      /^TRAFFIC_RAET is not known: give one of TRAFFIC_URL, /,
    );
    const injected = { TRAFFIC_PORT: 'tcp://10.0.0.1:8020', TRAFFIC_SERVICE_HOST: '10.0.0.1' };
    expect(readSettings([], injected)).toMatchObject({ users: 10 });
  });

  test.each([
    [['--raet', '1'], "Unknown option '--raet'; --help lists every option"],
    [['30s'], "Unexpected argument '30s'; --help lists every option"],
    [['--rate'], "Option '--rate <value>' argument missing; --help lists every option"],
  ])('%j', (flags, said) => {
    expect(refusal(flags)).toBe(said);
  });
});

test('the help names every option with its default, and how its variable is called', () => {
  expect(readSettings(['--help'], {})).toBe('help');
  for (const name of ['url', 'for', 'users', 'rate', 'burst', 'mix', 'segments', 'listen'])
    expect(help).toContain(`  --${name} `);
  expect(help).toContain(variableOf('log-level'));
});
