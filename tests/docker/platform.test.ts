import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Platform } from '../../services/alert-bot/src/domain/platform.ts';
import type { Instance } from '../../services/alert-bot/src/domain/target.ts';
import { createDocker, findSelf } from '../../services/alert-bot/src/platforms/docker/docker.ts';
import {
  type PlatformUnderTest,
  platformContract,
} from '../../services/alert-bot/src/platforms/platform.contract.ts';
import {
  docker,
  eventsOf,
  openProject,
  type Project,
  SOCKET,
  STAYS,
  STUBBORN,
} from './support/containers.ts';
import { actScript, findSelfInside } from './support/inside.ts';

async function startDocker(): Promise<PlatformUnderTest> {
  const project = await openProject();
  const folder = mkdtempSync(join(tmpdir(), 'docker-'));
  const bound = join(folder, 'bound');
  writeFileSync(bound, '');
  await Promise.all([
    project.start({
      service: 'steady',
      labels: { 'alert-bot.enable': 'true' },
      script: `for (let i = 0; i < 200; i++) console.log('line', i); ${STAYS}`,
    }),
    project.start({ service: 'stubborn', script: STUBBORN }),
    project.start({ service: 'ended', script: 'process.exit(3)' }),
    project.start({ service: 'spoilable', args: [`--mount=type=bind,source=${bound},target=/bound`] }),
  ]);
  return {
    socketPath: SOCKET,
    connect: (path, atMost) =>
      createDocker({ url: `unix://${path}`, self: { kind: 'host', project: project.project }, atMost }),
    services: { steady: 'steady', stubborn: 'stubborn', ended: 'ended', spoilable: 'spoilable' },
    spoil: async () => rmSync(bound),
    unknownInstance: '0'.repeat(64),
    countsRestarts: false,
    async [Symbol.asyncDispose]() {
      await project[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

platformContract('docker', startDocker);

describe('containers of a real engine', () => {
  let project: Project;
  let platform: Platform;
  beforeAll(async () => {
    project = await openProject();
    platform = createDocker({ url: `unix://${SOCKET}`, self: { kind: 'host', project: project.project } });
  });
  afterAll(() => project[Symbol.asyncDispose]());

  async function only(service: string): Promise<Instance> {
    const [target] = await platform.find(service);
    const [instance] = target?.instances ?? [];
    if (instance === undefined) throw new Error(`${service} has no instance`);
    return instance;
  }

  test("another project's service of the same name is found only if it is named", async () => {
    const ours = await project.start({ service: 'api' });
    const other = `${project.project}-other`;
    const theirs = await project.start({ service: 'api', project: other });
    await project.start({ service: 'only-there', project: other });

    expect(await platform.find('api')).toMatchObject([{ instances: [{ id: ours }] }]);
    expect(await platform.find('only-there')).toEqual([]);
    const named = await platform.find(`${other}/api`);
    expect(named).toMatchObject([{ id: `docker:service:${other}/api`, instances: [{ id: theirs }] }]);
  });

  test('a scaled service is one target of several; an errand of compose run is none of them', async () => {
    const second = await project.start({ service: 'scaled', number: 2 });
    const first = await project.start({ service: 'scaled', number: 1 });
    await project.start({
      service: 'scaled',
      number: 3,
      labels: { 'com.docker.compose.oneoff': 'True' },
    });
    expect(await platform.find('scaled')).toMatchObject([{ instances: [{ id: first }, { id: second }] }]);
  });

  test('a container outside of Compose is a target by its name', async () => {
    const name = `${project.project}-plain`;
    const id = await project.start({ name });
    expect(await platform.find(name)).toEqual([]);
    const found = await platform.find(`container:${name}`);
    expect(found).toMatchObject([
      { id: `docker:container:${name}`, service: name, instances: [{ id, name }] },
    ]);
  });

  test("dependencies come from Compose's label", async () => {
    await project.start({
      service: 'dependent',
      labels: {
        'com.docker.compose.depends_on': 'db:service_healthy:false,seed:service_completed_successfully:false',
      },
    });
    const prefix = `docker:service:${project.project}`;
    expect((await platform.find('dependent'))[0]?.dependsOn).toEqual([
      { id: `${prefix}/db`, condition: 'healthy' },
      { id: `${prefix}/seed`, condition: 'completed' },
    ]);
  });

  test('stopped by a person, paused, and started again', async () => {
    const id = await project.start({ service: 'handled' });
    await docker('pause', id);
    expect(await only('handled')).toMatchObject({ running: false });
    await docker('unpause', id);
    await docker('stop', id);
    const stopped = await only('handled');
    expect(stopped).toMatchObject({ running: false, exitCode: 0 });
    expect(stopped.finishedAt).toBeGreaterThan(stopped.startedAt ?? Number.POSITIVE_INFINITY);
    await platform.act('start', id, 0, 10_000);
    expect(await only('handled')).toMatchObject({ id, running: true, exitCode: null });
  });

  test('G3: recreated under the same name, the old id is gone', async () => {
    const old = await project.start({ service: 'recreated' });
    await project.remove(old);
    const successor = await project.start({ service: 'recreated' });
    const acted = platform.act('restart', old, 0, 10_000);
    await expect(acted).rejects.toMatchObject({ code: 'not_found' });
    expect(await only('recreated')).toMatchObject({ id: successor, restartCount: 0 });
  });

  test('G2: one act is one die and one start in the words of the engine', async () => {
    const since = Date.now();
    const id = await project.start({ service: 'counted' });
    await platform.act('restart', id, 5_000, 10_000);
    await platform.logs(id, 10);
    expect(await eventsOf(id, since - 1_000)).toEqual(['start', 'die', 'start']);
  });

  test('G3: the engine finishes a restart whose client was killed', async () => {
    const since = Date.now();
    const id = await project.start({ service: 'deaf', script: STUBBORN });
    await expect.poll(() => platform.logs(id, 1), { timeout: 10_000 }).toMatch(/^ready/);
    const before = await only('deaf');
    const client = spawn(
      process.execPath,
      ['--input-type=module', '--eval', actScript('restart', id, 3_000)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    // The container says when it was asked to stop: by then the call has arrived.
    await expect.poll(() => platform.logs(id, 1), { timeout: 10_000 }).toMatch(/^not now/);
    client.kill('SIGKILL');
    await once(client, 'exit');
    expect(await only('deaf')).toMatchObject({ startedAt: before.startedAt, running: true });
    await expect
      .poll(async () => (await only('deaf')).startedAt, { timeout: 10_000 })
      .toBeGreaterThan(before.startedAt ?? Number.POSITIVE_INFINITY);
    expect(await eventsOf(id, since - 1_000)).toEqual(['start', 'die', 'start']);
  });

  test('a restart policy is counted, and between two tries it does not run', async () => {
    await project.start({ service: 'looping', script: 'process.exit(7)', args: ['--restart=always'] });
    await expect
      .poll(async () => (await only('looping')).restartCount, { timeout: 20_000 })
      .toBeGreaterThan(2);
    await expect
      .poll(() => only('looping'), { timeout: 20_000 })
      .toMatchObject({ running: false, exitCode: 7 });
  });

  test('health, from starting to healthy to unhealthy, with what the check said', async () => {
    const check = 'test -e /tmp/up || { echo no such luck; exit 1; }';
    const id = await project.start({
      service: 'checked',
      args: [
        `--health-cmd=${check}`,
        '--health-interval=500ms',
        '--health-retries=1',
        '--health-start-period=30s',
      ],
    });
    expect(await only('checked')).toMatchObject({ health: 'starting' });
    await docker('exec', id, 'touch', '/tmp/up');
    await expect.poll(() => only('checked'), { timeout: 15_000 }).toMatchObject({ health: 'healthy' });
    await docker('exec', id, 'rm', '/tmp/up');
    await expect
      .poll(() => only('checked'), { timeout: 15_000 })
      .toMatchObject({ health: 'unhealthy', healthDetail: 'no such luck' });
    expect(await only(`${project.project}/api`)).toMatchObject({ health: 'none', healthDetail: '' });
  });

  describe('logs', () => {
    const logged = async (script: string, args: readonly string[] = [], lines = 100) => {
      const id = await project.start({ script, args, name: `${project.project}-log-${randomUUID()}` });
      await docker('wait', id);
      return platform.logs(id, lines);
    };

    test('of both streams, without the frames between them', async () => {
      const text = await logged(`console.log('out'); console.error('wrong: ü');`);
      expect(text.split('\n').sort()).toEqual(['', 'out', 'wrong: ü']);
    });

    test('of a terminal, also where it looks like JSON', async () => {
      expect(await logged(`console.log('{"level":30}')`, ['--tty'])).toBe('{"level":30}\r\n');
    });

    test('are bounded in bytes', async () => {
      const text = await logged(`for (let i = 0; i < 200; i++) console.log('x'.repeat(15_000), i)`, [], 200);
      expect(Buffer.byteLength(text)).toBe(1024 * 1024);
      expect(text).toMatch(/ 199\n$/);
    });
  });

  describe('G11: protected', () => {
    const enable = { 'alert-bot.enable': 'true' };
    const why = async (service: string) => (await platform.find(service))[0]?.protectedBecause;

    test('what mounts the socket, and Prometheus with what it depends on', async () => {
      await project.start({
        service: 'agent',
        labels: enable,
        args: [`--volume=${SOCKET}:/var/run/docker.sock:ro`],
      });
      await project.start({
        service: 'prometheus',
        labels: { ...enable, 'com.docker.compose.depends_on': 'store:service_started:false' },
      });
      await project.start({ service: 'store', labels: enable });
      expect(await why('agent')).toContain("the engine's socket");
      expect(await why('prometheus')).toBe('the bot depends on prometheus');
      expect(await why('store')).toMatch(/depends on it: the bot depends on prometheus$/);
      expect(await why('api')).toBeNull();
    });

    test('everything, for a bot that does not find itself', async () => {
      const url = `unix://${SOCKET}`;
      const traces = { cgroup: '', mountinfo: '', hostname: 'somewhere' };
      const lost = createDocker({ url, self: await findSelf(url, { traces }) });
      const targets = await lost.list();
      expect(targets.map((target) => target.protectedBecause)).not.toContain(null);
      expect(targets[0]?.protectedBecause).toContain('cannot tell which container it is');
    });
  });

  test('G11: from inside, the bot finds its own container and project', async () => {
    const compose = [
      `--label=com.docker.compose.project=${project.project}`,
      '--label=com.docker.compose.service=alert-bot',
    ];
    const mine = {
      kind: 'container',
      project: project.project,
      ids: [expect.stringMatching(/^[0-9a-f]{64}$/)],
    };
    expect(await findSelfInside(compose)).toEqual(mine);
    expect(await findSelfInside([...compose, '--hostname=anything'])).toEqual(mine);
    expect(await findSelfInside([...compose, '--network=host'])).toEqual(mine);

    // Its files are those of the container whose network it shares, unless its control group tells them apart.
    const lender = await project.start({ service: 'vpn' });
    const sharing = await findSelfInside([...compose, `--network=container:${lender}`]);
    expect(sharing).toMatchObject({ kind: 'container', project: project.project });
    expect(sharing).not.toMatchObject({ ids: [lender] });
  });
});
