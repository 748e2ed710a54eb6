// Long because it is one table of an engine's answers: each status and each break in a connection.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { PlatformError } from '../../domain/platform.ts';
import { parseAddress } from './address.ts';
import { idOf, listed } from './docker.fixture.ts';
import { createDocker, type Self } from './docker.ts';
import type { Listed } from './shapes.ts';

const ID = idOf('a');

interface Answer {
  status: number;
  body: string;
  /** Milliseconds. */
  after?: number;
}
const HANGS: Answer = { status: 0, body: '' };
const json = (value: unknown): Answer => ({ status: 200, body: JSON.stringify(value) });
const message = (status: number, text: string): Answer => ({
  status,
  body: JSON.stringify({ message: text }),
});

function inspected(running: boolean, state: Record<string, unknown> = {}): Answer {
  return json({
    Id: ID,
    Name: '/shop-api-1',
    Created: '2025-12-31T23:59:59.5Z',
    RestartCount: 0,
    HostConfig: { RestartPolicy: { Name: 'no' } },
    State: {
      Status: running ? 'running' : 'exited',
      Error: '',
      OOMKilled: false,
      Running: running,
      Paused: false,
      Restarting: false,
      ExitCode: 0,
      StartedAt: '2026-01-01T00:00:00.123456789Z',
      FinishedAt: '0001-01-01T00:00:00Z',
      ...state,
    },
    Config: { Tty: false, Hostname: 'a', Image: 'node:24' },
  });
}

/** An engine that answers each path as told; `asked` has what it was asked. */
async function engine(
  answers: Readonly<Record<string, Answer>>,
  self: Self = { kind: 'host', project: 'shop' },
) {
  const folder = mkdtempSync(join(tmpdir(), 'engine-'));
  const socketPath = join(folder, 'engine.sock');
  const asked: string[] = [];
  const listener: RequestListener = (request, response) => {
    const length = request.headers['content-length'] ?? '0';
    asked.push(`${request.method} ${request.url}${length === '0' ? '' : ` with ${length} bytes`}`);
    const { pathname } = new URL(request.url ?? '', 'http://engine');
    const {
      status,
      body,
      after = 0,
    } = answers[`${request.method} ${pathname}`] ?? message(500, 'unexpected');
    if (status !== 0) setTimeout(() => response.writeHead(status).end(body), after);
  };
  const server = createServer(listener);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(socketPath, resolve);
  await promise;
  return {
    asked,
    /** How many are open. */
    connections(): Promise<number> {
      const { promise, resolve } = Promise.withResolvers<number>();
      server.getConnections((_, count) => resolve(count));
      return promise;
    },
    platform: createDocker({
      url: `unix://${socketPath}`,
      self,
      atMost: 2_000,
    }),
    [Symbol.dispose]() {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function errorOf(asked: Promise<unknown>): Promise<PlatformError> {
  const error: unknown = await asked.catch((reason: unknown) => reason);
  if (error instanceof PlatformError) return error;
  throw new Error('no PlatformError', { cause: error });
}

const LIST = 'GET /containers/json';
const INSPECT = `GET /containers/${ID}/json`;
const RESTART = `POST /containers/${ID}/restart`;
const START = `POST /containers/${ID}/start`;

describe('what an answer to a restart means', () => {
  test.each<[string, Record<string, Answer>, string]>([
    ['404 of the engine', { [RESTART]: message(404, `No such container: ${ID}`) }, 'not_found'],
    ['404 of anything else', { [RESTART]: { status: 404, body: '<html>' } }, 'refused'],
    ['400', { [RESTART]: message(400, 'bad') }, 'refused'],
    ['403 of the proxy', { [RESTART]: { status: 403, body: 'forbidden' } }, 'refused'],
    ['405 of the proxy', { [RESTART]: { status: 405, body: 'method not allowed' } }, 'refused'],
    ['409', { [RESTART]: message(409, 'removal is already in progress') }, 'refused'],
    [
      '500, and it is down',
      { [RESTART]: message(500, 'no mount'), [INSPECT]: inspected(false) },
      'start_failed',
    ],
    ['500, and it runs', { [RESTART]: message(500, 'cannot kill'), [INSPECT]: inspected(true) }, 'in_doubt'],
    [
      '500, and it cannot be seen',
      { [RESTART]: message(500, 'oops'), [INSPECT]: message(500, 'x') },
      'in_doubt',
    ],
    ['502 without a word', { [RESTART]: { status: 502, body: '' } }, 'in_doubt'],
    ['503 of the engine', { [RESTART]: message(503, 'busy') }, 'in_doubt'],
    [
      '502 that never reached the engine',
      {
        [RESTART]: {
          status: 502,
          body: 'dial unix /var/run/docker.sock: connect: no such file or directory',
        },
      },
      'unavailable',
    ],
    ['504', { [RESTART]: { status: 504, body: '' } }, 'in_doubt'],
    ['200 with words', { [RESTART]: { status: 200, body: 'hello' } }, 'in_doubt'],
    ['302', { [RESTART]: { status: 302, body: '' } }, 'in_doubt'],
  ])('%s', async (_, answers, code) => {
    using fake = await engine(answers);
    const error = await errorOf(fake.platform.act('restart', ID, 1_500, 2_000));
    expect(error.code).toBe(code);
    expect(error.message).toContain(`restart ${ID}`);
    expect(fake.asked[0]).toBe(`${RESTART}?t=2`);
    expect(fake.asked.filter((one) => one.startsWith('POST'))).toHaveLength(1);
  });

  test('204 is done; 304 to a start is, too', async () => {
    using fake = await engine({ [RESTART]: { status: 204, body: '' }, [START]: { status: 304, body: '' } });
    await fake.platform.act('restart', ID, 0, 2_000);
    await fake.platform.act('start', ID, 0, 2_000);
    expect(fake.asked).toEqual([`${RESTART}?t=0`, START]);
  });

  test('G3: a name in place of the full id is refused unasked', async () => {
    using fake = await engine({});
    for (const id of ['api', ID.slice(0, 12), `${ID}/../create`])
      expect((await errorOf(fake.platform.act('restart', id, 0, 2_000))).code).toBe('refused');
    expect((await errorOf(fake.platform.logs('api', 1))).code).toBe('refused');
    expect(fake.asked).toEqual([]);
  });
});

describe('what an answer to a question means', () => {
  test.each<[string, Answer, string, string]>([
    ['a proxy without its engine', { status: 502, body: '' }, 'unavailable', '502'],
    ['a path that is not allowed', { status: 403, body: 'forbidden' }, 'refused', '403'],
    ['an address of something else', { status: 404, body: '<html>' }, 'refused', '404'],
    ['HTML', { status: 200, body: '<html>' }, 'in_doubt', 'a shape this bot does not know'],
    ['another shape', json([{ Id: 'short' }]), 'in_doubt', '0.Id'],
  ])('%s', async (_, answer, code, words) => {
    using fake = await engine({ [LIST]: answer });
    const error = await errorOf(fake.platform.list());
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
  });

  test('a log that cannot be read back is refused', async () => {
    const logs = `GET /containers/${ID}/logs`;
    using fake = await engine({
      [INSPECT]: inspected(true),
      [logs]: message(501, 'driver does not support reading'),
    });
    const error = await errorOf(fake.platform.logs(ID, 10));
    expect(error.code).toBe('refused');
    expect(error.message).toContain('driver does not support reading');
  });

  test('a container that goes away while it is asked about is left out', async () => {
    const both = [listed('a', 'shop/api'), listed('b', 'shop/api')];
    using fake = await engine({
      [LIST]: json(both),
      [INSPECT]: inspected(true),
      [`GET /containers/${idOf('b')}/json`]: message(404, 'No such container: b'),
    });
    expect(await fake.platform.find('api')).toMatchObject([{ instances: [{ id: ID }] }]);
  });
});

describe('how a container is seen', () => {
  async function instance(state: Record<string, unknown>) {
    using fake = await engine({ [LIST]: json([listed('a', 'shop/api')]), [INSPECT]: inspected(true, state) });
    const [target] = await fake.platform.find('api');
    return target?.instances[0];
  }

  const never = '0001-01-01T00:00:00Z';
  test.each([
    ['paused', { Paused: true }, null],
    ['waiting for its restart policy', { Restarting: true, ExitCode: 1 }, 1],
    ['never started', { Running: false, StartedAt: never }, null],
    ['ended', { Running: false }, 0],
  ])('%s: not running, and finished well only if it ended', async (_, state, exitCode) => {
    expect(await instance(state)).toMatchObject({ running: false, exitCode });
  });

  const atRest = async (state: Record<string, unknown>, policy = 'no') => {
    const answer = inspected(false, { StartedAt: '2026-01-01T00:00:00Z', ...state });
    const body = answer.body.replace('"Name":"no"', `"Name":"${policy}"`);
    using fake = await engine({ [LIST]: json([listed('a', 'shop/api')]), [INSPECT]: { status: 200, body } });
    const [target] = await fake.platform.find('api');
    return target?.instances[0]?.atRest;
  };

  test.each([
    ['stopped, and clean about it', { ExitCode: 0 }, 'no'],
    ['stopped by SIGTERM', { ExitCode: 143 }, 'on-failure'],
    ['killed', { ExitCode: 137 }, 'no'],
    ['exited, although its policy revives what crashes', { ExitCode: 1 }, 'unless-stopped'],
    ['the same', { ExitCode: 1, OOMKilled: true }, 'always'],
    ['paused', { Status: 'paused', Running: true, Paused: true }, 'always'],
    ['made by a deploy and not started yet', { Status: 'created', StartedAt: never }, 'unless-stopped'],
    ['being removed', { Status: 'removing' }, 'no'],
  ])('somebody wants it down: %s', async (_, state, policy) => {
    expect(await atRest(state, policy)).toEqual(expect.any(String));
  });

  test.each([
    ['it runs', { Status: 'running', Running: true }, 'no'],
    ['it crashed', { ExitCode: 1 }, 'no'],
    ['it crashed too often', { ExitCode: 139 }, 'on-failure'],
    ['it was out of memory', { ExitCode: 137, OOMKilled: true }, 'no'],
    ['its policy waits', { Status: 'restarting', Running: true, Restarting: true, ExitCode: 0 }, 'always'],
    ['it could not be started', { ExitCode: 0, Error: 'bind source missing' }, 'unless-stopped'],
  ])('nobody wants it down: %s', async (_, state, policy) => {
    expect(await atRest(state, policy)).toBeNull();
  });

  test('never finished is null; times are those of the engine', async () => {
    expect(await instance({})).toMatchObject({
      createdAt: Date.UTC(2025, 11, 31, 23, 59, 59, 500),
      startedAt: Date.UTC(2026, 0, 1, 0, 0, 0, 123),
      finishedAt: null,
      exitCode: null,
      health: 'none',
    });
  });

  test('its health, with the last output', async () => {
    const Health = { Status: 'unhealthy', Log: [{ Output: 'ok' }, { Output: ' refused\n' }] };
    expect(await instance({ Health })).toMatchObject({ health: 'unhealthy', healthDetail: 'refused' });
    expect(await instance({ Health: { Status: 'starting', Log: null } })).toMatchObject({ healthDetail: '' });
  });
});

test('G11: what was started as Prometheus is protected also after its tag moved on', async () => {
  const moved: Listed = listed('a', 'mon/metrics', { Image: `sha256:${idOf('c')}` });
  const answer: Answer = inspected(true);
  const body = answer.body.replace('node:24', 'prom/prometheus:v3');
  using fake = await engine({ [LIST]: json([moved]), [INSPECT]: { status: 200, body } });
  expect(await fake.platform.list()).toMatchObject([{ protectedBecause: 'the bot depends on prometheus' }]);
});

test('G11: a bot that does not know itself finds services, to say why it leaves them alone', async () => {
  using fake = await engine(
    { [LIST]: json([listed('a', 'shop/api')]), [INSPECT]: inspected(true) },
    {
      kind: 'unknown',
      why: 'no trace',
    },
  );
  expect(await fake.platform.find('api')).toMatchObject([
    { id: 'docker:service:shop/api', protectedBecause: expect.stringContaining('acts on nothing: no trace') },
  ]);
});

test('a container goes by its own name, not by one that a link gave it', async () => {
  const linked = listed('a', 'db', { Names: ['/web/database', '/db'] });
  using fake = await engine({ [LIST]: json([linked]), [INSPECT]: inspected(true) });
  expect(await fake.platform.list()).toMatchObject([{ id: 'docker:container:db', service: 'db' }]);
});

test('the time limit is one for all that a question takes, and ends its connection', async () => {
  using fake = await engine({
    [LIST]: { ...json([listed('a', 'shop/api')]), after: 1_500 },
    [INSPECT]: HANGS,
  });
  const began = performance.now();
  expect((await errorOf(fake.platform.find('api'))).code).toBe('timed_out');
  expect(performance.now() - began).toBeLessThan(2_400);
  await expect.poll(fake.connections).toBe(0);
});

test('an answer that never ends is given up before it fills the memory', async () => {
  const server = createServer((_, response) => {
    const more = () => response.writable && response.write('x'.repeat(1024 * 1024), () => setImmediate(more));
    more();
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const error = await errorOf(
    createDocker({ url, self: { kind: 'host', project: null }, atMost: 15_000 }).list(),
  );
  server.close();
  expect(error.code).toBe('in_doubt');
  expect(error.message).toContain('longer than');
});

test('no variable of the docker CLI leads it elsewhere', async () => {
  vi.stubEnv('DOCKER_HOST', 'tcp://127.0.0.1:1');
  vi.stubEnv('DOCKER_TLS_VERIFY', '1');
  using fake = await engine({ [LIST]: json([]) });
  expect(await fake.platform.list()).toEqual([]);
  vi.unstubAllEnvs();
});

test('names: the own project, another one, outside of Compose', () => {
  const url = 'http://proxy:2375';
  const { targetId } = createDocker({ url, self: { kind: 'host', project: 'shop' } });
  expect(targetId('api')).toBe('docker:service:shop/api');
  expect(targetId('other/api')).toBe('docker:service:other/api');
  expect(targetId('container:redis')).toBe('docker:container:redis');
  expect(createDocker({ url, self: { kind: 'host', project: null } }).targetId('redis')).toBe(
    'docker:container:redis',
  );
});

test('a name that does not resolve: unavailable, with what to do', async () => {
  const platform = createDocker({ url: 'http://proxy.invalid:2375', self: { kind: 'host', project: null } });
  const error = await errorOf(platform.list());
  expect(error.code).toBe('unavailable');
  expect(error.message).toMatch(
    /^the engine at http:\/\/proxy\.invalid:2375 could not be asked to list its containers: /,
  );
});

test.each(['proxy:2375', 'https://proxy:2376', 'unix://relative', 'http://proxy/path', ''])(
  '"%s" is not the address of an engine',
  (url) => {
    expect(() => parseAddress(url)).toThrow('write http://socket-proxy:2375');
  },
);
