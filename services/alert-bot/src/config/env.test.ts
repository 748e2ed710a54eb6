import { expect, test } from 'vitest';
import { ConfigError } from './config-error.ts';
import { describeConfig, readConfig } from './env.ts';

const GOOD = {
  ALERT_BOT_PLATFORM: 'supervisor',
  ALERT_BOT_DATA_DIR: '/data',
  ALERT_BOT_PLAYBOOKS: '/etc/playbooks.yml',
  ALERT_BOT_ALERTMANAGER_URLS: 'http://a:9093/, https://b/am',
  ALERT_BOT_PROMETHEUS_URL: 'http://p:9090',
  ALERT_BOT_SUPERVISOR_SOCKET: '/run/s.sock',
};

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const DAY = 86_400_000;

test('reads what is set and fills in the defaults', () => {
  expect(readConfig({ ...GOOD, HOME: '/root' })).toEqual({
    platform: { kind: 'supervisor', socket: '/run/s.sock' },
    dataDir: '/data',
    playbooks: '/etc/playbooks.yml',
    overrides: null,
    alertmanagerUrls: ['http://a:9093', 'https://b/am'],
    prometheusUrl: 'http://p:9090',
    listen: { host: '127.0.0.1', port: 5000 },
    logLevel: 'info',
    retention: { keep: 90 * DAY, max: 1_073_741_824 },
    notify: { externalUrl: null, grafanaExternalUrl: null, report: null, grafana: null },
  });
});

test('how long and how large the log is kept can be set, and is printed as it was written', () => {
  const config = readConfig({ ...GOOD, ALERT_BOT_LOG_KEEP: '1y', ALERT_BOT_LOG_MAX: '64MB' });
  expect(config.retention).toEqual({ keep: 365 * DAY, max: 67_108_864 });
  expect(describeConfig(config)).toMatchObject({ ALERT_BOT_LOG_KEEP: '365d', ALERT_BOT_LOG_MAX: '64MB' });
});

test('an empty environment names every required variable at once, each with its remedy', () => {
  const problems = problemsOf({});
  expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
    'ALERT_BOT_PLATFORM',
    'ALERT_BOT_DATA_DIR',
    'ALERT_BOT_PLAYBOOKS',
    'ALERT_BOT_ALERTMANAGER_URLS',
    'ALERT_BOT_PROMETHEUS_URL',
  ]);
  for (const problem of problems) expect(problem).toMatch(/ is not set: set it to .+\.$/);
});

// Each row: one wrong value, and what the sentence must say about it.
test.for([
  ['ALERT_BOT_PLATFORM', 'dokcer', 'is "dokcer", which is not a platform: set it to docker or supervisor'],
  ['ALERT_BOT_PLATFORM', '', 'is empty: set it to docker or supervisor'],
  ['ALERT_BOT_DATA_DIR', '', 'is empty: set it to the folder'],
  ['ALERT_BOT_OVERRIDES', '', 'is empty: set it to a file'],
  ['ALERT_BOT_ALERTMANAGER_URLS', 'alertmanager:9093', 'is not an http(s) address'],
  ['ALERT_BOT_ALERTMANAGER_URLS', 'http://a:9093,', 'has an empty address in it'],
  ['ALERT_BOT_ALERTMANAGER_URLS', 'http://a:9093,http://a:9093/', 'names one address twice'],
  ['ALERT_BOT_PROMETHEUS_URL', 'http://p:9090/?x=1', 'has something after ?'],
  ['ALERT_BOT_SUPERVISOR_SOCKET', `/${'x'.repeat(120)}`, 'is too long for a socket'],
  ['ALERT_BOT_LISTEN', '5000', 'is "5000", which is not host:port'],
  ['ALERT_BOT_LISTEN', '127.0.0.1:70000', 'is not host:port'],
  ['ALERT_BOT_LOG_LEVEL', 'loud', 'is not a log level: set it to one of trace, debug'],
] as const)('%s=%s is an error, never a default', ([name, value, says]) => {
  const problems = problemsOf({ ...GOOD, [name]: value });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(new RegExp(`^${name} `));
  expect(problems[0]).toContain(says);
});

test('a misspelt variable is an error with a guess', () => {
  expect(problemsOf({ ...GOOD, ALERT_BOT_PLAYBOOK: 'x' })).toEqual([
    'ALERT_BOT_PLAYBOOK is not a variable of the bot: did you mean ALERT_BOT_PLAYBOOKS?',
  ]);
});

test("the platform supervisor needs its socket, and the client's own variable is no error", () => {
  const { ALERT_BOT_SUPERVISOR_SOCKET: _, ...rest } = GOOD;
  expect(problemsOf({ ...rest, ALERT_BOT_URL: 'http://127.0.0.1:5000' })).toEqual([
    'ALERT_BOT_SUPERVISOR_SOCKET is not set: ALERT_BOT_PLATFORM=supervisor needs the path of its socket.',
  ]);
});

test('the platform docker needs the address of the socket proxy', () => {
  const { ALERT_BOT_SUPERVISOR_SOCKET: _, ...rest } = { ...GOOD, ALERT_BOT_PLATFORM: 'docker' };
  expect(problemsOf(rest)).toEqual([
    "ALERT_BOT_DOCKER_URL is not set: ALERT_BOT_PLATFORM=docker needs the socket proxy's address, such as http://socket-proxy:2375.",
  ]);
  const config = readConfig({ ...rest, ALERT_BOT_DOCKER_URL: 'http://socket-proxy:2375/' });
  expect(config.platform).toEqual({ kind: 'docker', url: 'http://socket-proxy:2375', hostProject: null });
});

test('a password in an address is refused and not repeated', () => {
  const problems = problemsOf({ ...GOOD, ALERT_BOT_PROMETHEUS_URL: 'http://me:s3cret@p:9090' });
  expect(problems[0]).toContain('holds a user name or password');
  expect(problems.join()).not.toContain('s3cret');
});

test('the effective configuration can be printed, IPv6 as it was written', () => {
  const described = describeConfig(readConfig({ ...GOOD, ALERT_BOT_LISTEN: '[::1]:5001' }));
  expect(described['ALERT_BOT_LISTEN']).toBe('[::1]:5001');
  expect(described['ALERT_BOT_OVERRIDES']).toBe('(none)');
});
