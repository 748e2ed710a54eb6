import { chmodSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bootSupervisor, ignoresSigterm, staying, temporaryFolder } from '../../../supervisor/src/harness.ts';
import { PlatformError } from '../domain/platform.ts';
import { type PlatformUnderTest, platformContract } from './platform.contract.ts';
import { createSupervisor } from './supervisor.ts';

async function startSupervisor(): Promise<PlatformUnderTest> {
  const scripts = temporaryFolder();
  const script = join(scripts.path, 'script');
  writeFileSync(script, '#!/bin/sh\nexec sleep 1000\n');
  chmodSync(script, 0o755);
  const box = await bootSupervisor(`
processes:
  steady:
    command: ${staying("for (let i = 0; i < 200; i++) console.log('line', i)")}
    labels: { alert-bot.enable: 'true' }
  stubborn: { command: ${ignoresSigterm} }
  ended: { command: [node, -e, 'process.exit(3)'] }
  spoilable: { command: ['${script}'] }
`);
  return {
    socketPath: box.socket,
    connect: (socketPath, atMost) => createSupervisor(socketPath, { atMost }),
    services: { steady: 'steady', stubborn: 'stubborn', ended: 'ended', spoilable: 'spoilable' },
    spoil: async () => rmSync(script),
    unknownInstance: '0'.repeat(64),
    countsRestarts: true,
    async [Symbol.asyncDispose]() {
      await box[Symbol.asyncDispose]();
      scripts[Symbol.dispose]();
    },
  };
}

platformContract('the supervisor', startSupervisor);

async function errorOf(asked: Promise<unknown>): Promise<PlatformError> {
  const error: unknown = await asked.catch((reason: unknown) => reason);
  if (error instanceof PlatformError) return error;
  throw error;
}

describe('a process of the supervisor', () => {
  test('is a target by its name, with the last output of its health check', async () => {
    await using box = await bootSupervisor(`
processes:
  api:
    command: ${staying()}
    healthcheck: { command: [sh, -c, 'echo not today; exit 1'], interval: 100ms, retries: 1, start_period: 0s }
`);
    const platform = createSupervisor(box.socket);
    await expect
      .poll(async () => (await platform.inspect('supervisor:api')).instances, { timeout: 10_000 })
      .toMatchObject([
        { name: 'api', health: 'unhealthy', healthDetail: expect.stringContaining('not today') },
      ]);
  });

  test('G11: is protected if the healing stands on it, whatever its labels', async () => {
    const enabled = `labels: { alert-bot.enable: 'true' }`;
    await using box = await bootSupervisor(`
processes:
  disk: { command: ${staying()}, ${enabled} }
  store: { command: ${staying()}, depends_on: [disk], ${enabled} }
  prometheus: { command: ${staying()}, depends_on: [store], ${enabled} }
  api: { command: ${staying()}, depends_on: [prometheus], ${enabled} }
`);
    const because = async (protect?: readonly string[]) => {
      const targets = await createSupervisor(box.socket, protect && { protect }).list();
      return Object.fromEntries(targets.map((target) => [target.service, target.protectedBecause]));
    };
    expect(await because()).toEqual({
      prometheus: 'the bot depends on prometheus',
      store: 'prometheus depends on it: the bot depends on prometheus',
      disk: 'store depends on it: prometheus depends on it: the bot depends on prometheus',
      api: null,
    });
    expect(await because(['disk'])).toMatchObject({ disk: 'the bot depends on disk', prometheus: null });
  });
});

describe('one process, found among those that were listed', () => {
  const enabled = `labels: { alert-bot.enable: 'true' }`;

  test('is as the list has it, protected or not, and as it is now', async () => {
    await using box = await bootSupervisor(`
processes:
  store: { command: ${staying()}, ${enabled} }
  prometheus: { command: ${staying()}, depends_on: [store], ${enabled} }
  api: { command: ${staying()}, ${enabled} }
`);
    const platform = createSupervisor(box.socket);
    const listed = await platform.list();
    for (const target of listed) expect(await platform.find(target.service)).toEqual([target]);
    expect(await platform.find('apj')).toEqual([]);
    // The supervisor answers to ids as well, and a service is no id.
    const [instance] = listed[2]?.instances ?? [];
    expect(await platform.find(instance?.id ?? '')).toEqual([]);

    await platform.act('restart', instance?.id ?? '', 0, 10_000);
    const [found] = await platform.find('api');
    expect(found?.instances[0]?.startedAt).toBeGreaterThan(instance?.startedAt ?? 0);
  });

  test('G11: is protected as a supervisor has it that was started since', async () => {
    await using before = await bootSupervisor(`
processes:
  store: { command: ${staying()}, ${enabled} }
`);
    await using since = await bootSupervisor(`
processes:
  store: { command: ${staying()}, ${enabled} }
  prometheus: { command: ${staying()}, depends_on: [store] }
`);
    using folder = temporaryFolder();
    const socket = join(folder.path, 's.sock');
    symlinkSync(before.socket, socket);
    const platform = createSupervisor(socket);
    await platform.list();
    expect(await platform.find('store')).toMatchObject([{ protectedBecause: null }]);

    rmSync(socket);
    symlinkSync(since.socket, socket);
    expect(await platform.find('store')).toMatchObject([
      { protectedBecause: 'prometheus depends on it: the bot depends on prometheus' },
    ]);
  });
});

describe('its messages say who was asked for what, and what to do', () => {
  test('nothing there', async () => {
    const { message } = await errorOf(createSupervisor('/nowhere/s.sock').list());
    expect(message).toBe(
      'the supervisor at /nowhere/s.sock could not be asked to list its processes: ' +
        'connect ENOENT /nowhere/s.sock; start the supervisor, or correct the path of the socket',
    );
  });

  test('a name in place of an id is refused in the words of the supervisor', async () => {
    await using box = await bootSupervisor(`processes: { api: { command: ${staying()} } }`);
    const error = await errorOf(createSupervisor(box.socket).act('restart', 'api', 0, 1_000));
    expect(error.code).toBe('refused');
    expect(error.message).toContain('answered 400 when asked to restart api: acting wants the full id');
  });

  test('a target that is gone is told with those that are there', async () => {
    await using box = await bootSupervisor(`processes: { api: { command: ${staying()} } }`);
    const { message } = await errorOf(createSupervisor(box.socket).inspect('supervisor:apj'));
    expect(message).toContain('has no supervisor:apj; it has supervisor:api.');
  });
});

test('G3: a supervisor that dies while it restarts leaves the call in doubt', async () => {
  await using box = await bootSupervisor(`processes: { slow: { command: ${ignoresSigterm} } }`);
  const platform = createSupervisor(box.socket);
  const { id } = await box.process('slow');
  const acted = errorOf(platform.act('restart', id, 30_000, 60_000));
  // The stop is in the record: the call has arrived and is being carried out.
  await expect.poll(() => box.events('slow')).toContain('stop');
  box.child.kill('SIGKILL');
  expect((await acted).code).toBe('in_doubt');
  await box.exit;
  expect((await errorOf(platform.act('restart', id, 0, 1_000))).code).toBe('unavailable');
});

describe('answers that are not those of our supervisor', () => {
  async function answering(status: number, body: string) {
    const folder = temporaryFolder();
    const socketPath = join(folder.path, 's.sock');
    const server = createServer((_, response) => response.writeHead(status).end(body));
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(socketPath, resolve);
    await promise;
    return {
      platform: createSupervisor(socketPath),
      [Symbol.dispose]() {
        server.close();
        folder[Symbol.dispose]();
      },
    };
  }
  const view = { id: 'a', name: 'api', state: 'running', startedAt: '2026-01-01T00:00:00.000Z' };
  const rest = {
    finishedAt: null,
    exitCode: null,
    restartCount: 0,
    healthLog: [],
    labels: {},
    dependsOn: [],
  };
  const listOf = (health: string, pid = 1) =>
    JSON.stringify({ processes: [{ ...view, ...rest, health, pid, later: 1 }], later: 1 });

  test('unknown keys pass', async () => {
    using fake = await answering(200, listOf('healthy'));
    expect(await fake.platform.list()).toMatchObject([{ service: 'api', protectedBecause: null }]);
  });

  test('G11: a process that is this bot, or what started it, is protected under any name', async () => {
    for (const pid of [process.pid, process.ppid]) {
      using fake = await answering(200, listOf('healthy', pid));
      expect(await fake.platform.list()).toMatchObject([{ protectedBecause: 'it is the bot itself' }]);
    }
  });

  test.each([
    ['an unknown health, named by its place', 200, listOf('dizzy'), 'in_doubt', 'processes.0.health'],
    ['no JSON', 200, '<html>', 'in_doubt', 'no JSON'],
    ['a failure of its own', 500, '{"code":"internal","message":"oops"}', 'in_doubt', 'oops'],
    ['a shutdown', 503, '{"code":"shutting_down","message":"bye"}', 'in_doubt', 'bye'],
    ['a stranger', 418, 'teapot', 'refused', 'teapot'],
  ])('%s', async (_, status, body, code, words) => {
    using fake = await answering(status, body);
    const error = await errorOf(fake.platform.list());
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
  });

  test('an action answered with anything but "done" is in doubt', async () => {
    using fake = await answering(200, 'ok');
    expect((await errorOf(fake.platform.act('restart', 'a', 0, 1_000))).code).toBe('in_doubt');
  });
});
