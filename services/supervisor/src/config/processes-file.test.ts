// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is the syntax under test
import { describe, expect, test } from 'vitest';
import { ConfigError } from './problem.ts';
import { loadProcesses, parseProcesses } from './processes-file.ts';

const parse = (text: string, variables: NodeJS.ProcessEnv = {}) => parseProcesses('p.yml', text, variables);

function told(text: string, variables: NodeJS.ProcessEnv = {}): string[] {
  try {
    parse(text, variables);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('a good file', () => {
  test('becomes definitions, dependencies first, with every variable in its place', () => {
    const text = `
processes:
  api:
    command: [node, services/api/src/index.ts, '\${API_LISTEN}']
    environment: { API_LISTEN: '\${API_LISTEN}', PRICE: '$$5' }
    healthcheck: { http: 'http://\${API_LISTEN}/livez', interval: 1s, timeout: 500ms, retries: 2, start_period: 1m30s }
    labels: { alert-bot.enable: 'true' }
    depends_on: [db]
    stop_timeout: 2s
  db: { command: [db], cwd: /srv, healthcheck: { command: [pg_isready] } }
`;
    expect(parse(text, { API_LISTEN: '127.0.0.1:80' })).toEqual([
      {
        name: 'db',
        command: ['db'],
        cwd: '/srv',
        environment: {},
        healthcheck: {
          probe: { kind: 'command', command: ['pg_isready'] },
          intervalMs: 30_000,
          timeoutMs: 30_000,
          retries: 3,
          startPeriodMs: 0,
        },
        labels: {},
        dependsOn: [],
        stopTimeoutMs: 10_000,
      },
      {
        name: 'api',
        command: ['node', 'services/api/src/index.ts', '127.0.0.1:80'],
        cwd: process.cwd(),
        environment: { API_LISTEN: '127.0.0.1:80', PRICE: '$5' },
        healthcheck: {
          probe: { kind: 'http', url: 'http://127.0.0.1:80/livez' },
          intervalMs: 1000,
          timeoutMs: 500,
          retries: 2,
          startPeriodMs: 90_000,
        },
        labels: { 'alert-bot.enable': 'true' },
        dependsOn: ['db'],
        stopTimeoutMs: 2000,
      },
    ]);
  });

  test('ships in deploy/bare', () => {
    const file = new URL('../../../../deploy/bare/processes.yml', import.meta.url).pathname;
    const variables = {
      API_LISTEN: '127.0.0.1:8000',
      API_DATABASE_URL: 'postgres://',
      PAYMENTS_LISTEN: '127.0.0.1:8010',
      FAULTS_TOKEN_FILE: '/t',
    };
    expect(loadProcesses(file, variables)).toMatchObject([
      { name: 'payments', healthcheck: { probe: { url: 'http://127.0.0.1:8010/livez' } } },
      { name: 'api', healthcheck: { probe: { url: 'http://127.0.0.1:8000/livez' } } },
    ]);
  });
});

describe('a bad file', () => {
  test('tells everything at once, with path, line, value and remedy', () => {
    const text = `processes:
  api:
    comand: [node]
    command: []
    environment: { PORT: 8000, URL: '\${SECRET_URL}' }
    healthcheck:
      http: 127.0.0.1/livez
      command: ['true']
      interval: 5
      retries: 0
    depends_on: [db, api]
    stop_timeout: 2h
  'bad name': { command: node }
  empty:
`;
    expect(told(text)).toEqual([
      'p.yml:3: processes.api.comand: is ["node"]; is not a key that is known here: remove it or mend its spelling',
      'p.yml:4: processes.api.command: is []; must list the program and its arguments, for example [node, src/index.ts]; there is no shell',
      `p.yml:5: processes.api.environment.URL: is "\${SECRET_URL}"; set SECRET_URL in the supervisor's own environment`,
      'p.yml:5: processes.api.environment.PORT: is 8000; must be text: put it in quotes',
      'p.yml:7: processes.api.healthcheck.http: is "127.0.0.1/livez"; must be an address like http://127.0.0.1:8000/livez',
      'p.yml:7: processes.api.healthcheck: is {"http":"127.0.0.1/livez","command":["true"],"interval":5,"retries":0}; give either http or command',
      'p.yml:9: processes.api.healthcheck.interval: is 5; must be a duration with a unit, for example 500ms, 10s or 1m30s',
      'p.yml:10: processes.api.healthcheck.retries: is 0; must be at least 1',
      'p.yml:11: processes.api.depends_on.0: is "db"; names no process of this file: use one of api, bad name, empty',
      'p.yml:11: processes.api.depends_on: is ["db","api"]; is a cycle, api → api: remove one of its dependencies',
      'p.yml:12: processes.api.stop_timeout: is "2h"; must be between 0ms and 60m',
      'p.yml:13: processes.bad name: is {"command":"node"}; a name has up to 63 letters, digits, _ and -, and starts with a letter or digit',
      'p.yml:14: processes.empty: is null; must be a map with at least a command',
    ]);
  });

  test('shows a value as written, not what a variable held', () => {
    const message = told('processes: { api: { command: [a], stop_timeout: "${PASSWORD}" } }', {
      PASSWORD: 'secret',
    });
    expect(message).toEqual([expect.stringContaining('is "${PASSWORD}"; must be a duration')]);
  });

  test.for([
    ['', 'p.yml:1: the file: is null; must be a map with the one key processes'],
    ['processes: {}\nversion: 2', 'p.yml:2: version: is 2; is not a key that is known here'],
    ['processes: [a]', 'p.yml:1: processes: is ["a"]; must map process names to definitions'],
    [
      'processes:\n  a: { command: [a], command: [b] }',
      'p.yml:2: YAML: is "a: { command: [a], command: [b] }"; Map keys must be unique',
    ],
    ['processes:\n  a: [', 'p.yml:2: YAML'],
    [
      'processes: { a: { command: [a], healthcheck: {} } }',
      'healthcheck: is {}; give either http or command',
    ],
    ['processes: { a: { command: [a], depends_on: [b] }, b: { command: [], depends_on: [a] } }', 'a → b → a'],
  ] as const)('%j: %s', ([text, expected]) => {
    expect(told(text).join('\n')).toContain(expected);
  });

  test('that cannot be read names the variable', () => {
    expect(() => loadProcesses('/nowhere/p.yml', {})).toThrow(
      'SUPERVISOR_PROCESSES: is "/nowhere/p.yml"; cannot be read (ENOENT',
    );
  });
});
