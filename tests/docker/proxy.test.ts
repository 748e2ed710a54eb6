import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Platform } from '../../services/alert-bot/src/domain/platform.ts';
import { REQUESTS } from '../../services/alert-bot/src/platforms/docker/api.fixture.ts';
import { createDocker } from '../../services/alert-bot/src/platforms/docker/docker.ts';
import { docker, openProject, type Project, SOCKET, STUBBORN } from './support/containers.ts';
import { allowList, startProxy, startWith } from './support/proxy.ts';
import { rawStatus, recordingEngine } from './support/raw-http.ts';

/** What the readers of the profile `all` need: to list and to read, and nothing that changes anything. */
const READERS = [
  {
    list: 'alloy.env',
    needed: /^(HEAD \/_ping|GET \/(_ping|networks|containers\/(json|[0-9a-f]{64}\/(json|logs))))$/,
  },
  {
    list: 'cadvisor.env',
    needed: /^(HEAD \/_ping|GET \/(_ping|version|info|containers\/[0-9a-f]{64}\/json))$/,
  },
];

/** Makes a request line of what has a line break or a blank in it: raw, it would be two lines. */
const escaped = (path: string): string => path.replaceAll('\n', '%0A');

describe('G12: the socket proxy with the committed allow-list', () => {
  let project: Project;
  beforeAll(async () => {
    project = await openProject();
  });
  afterAll(() => project[Symbol.asyncDispose]());

  test('passes exactly what the bot needs of the whole API', async () => {
    using engine = await recordingEngine();
    const port = await startProxy(
      project,
      'recorded',
      `${engine.folder}:/engine`,
      '-socketpath=/engine/docker.sock',
    );
    engine.reached.length = 0;
    const needed: string[] = [];
    const wrong: unknown[] = [];
    for (const { method, path, passes } of REQUESTS) {
      const asked = escaped(path);
      const status = await rawStatus(port, method, asked);
      if (passes) needed.push(`${method} ${asked}`);
      // 0: closed without an answer, as CONNECT is; 400: no request line.
      if (passes ? status !== 200 : ![403, 405, 400, 0].includes(status))
        wrong.push({ method, asked, status });
    }
    expect(wrong).toEqual([]);
    expect(engine.reached).toEqual(needed);
  });

  test.each(READERS)('$list passes exactly what its reader needs', async ({ list, needed }) => {
    using engine = await recordingEngine();
    const port = await startWith(
      allowList(list),
      project,
      list.replace('.env', ''),
      `${engine.folder}:/engine`,
      '-socketpath=/engine/docker.sock',
    );
    engine.reached.length = 0;
    const expected: string[] = [];
    const wrong: unknown[] = [];
    for (const { method, path } of REQUESTS) {
      const passes = needed.test(`${method} ${path.replace(/^\/v1\.[0-9]{1,3}(?=\/)/, '')}`);
      const status = await rawStatus(port, method, escaped(path));
      if (passes) expected.push(`${method} ${path}`);
      if (passes ? status !== 200 : ![403, 405, 400, 0].includes(status))
        wrong.push({ method, path, status });
    }
    expect(wrong).toEqual([]);
    expect(engine.reached).toEqual(expected);
    expect(expected.length).toBeGreaterThan(20);
  });

  test('is not led astray by queries, and upgrades no connection', async () => {
    using engine = await recordingEngine();
    const port = await startProxy(
      project,
      'queried',
      `${engine.folder}:/engine`,
      '-socketpath=/engine/docker.sock',
    );
    const id = 'a'.repeat(64);
    const status = (method: string, path: string, headers?: string) => rawStatus(port, method, path, headers);
    expect(await status('GET', '/containers/json?all=true')).toBe(200);
    expect(await status('POST', `/containers/${id}/restart?t=10`)).toBe(200);
    engine.reached.length = 0;
    expect(await status('POST', `/containers/create?x=/containers/${id}/restart`)).toBe(403);
    expect(await status('POST', `/containers/${id}/exec?/restart`)).toBe(403);
    expect(await status('GET', '/events?x=/containers/json')).toBe(403);
    const upgrade = 'Upgrade: tcp\r\n';
    expect(await status('POST', `/containers/${id}/attach`, upgrade)).not.toBe(200);
    expect(await status('POST', '/session', 'Upgrade: h2c\r\n')).not.toBe(200);
    expect(engine.reached).toEqual([]);
  });

  test('all that the platform does works through it', async () => {
    const port = await startProxy(project, 'real', `${SOCKET}:/var/run/docker.sock:ro`);
    const id = await project.start({ service: 'api', labels: { 'alert-bot.enable': 'true' } });
    const platform: Platform = createDocker({
      url: `http://127.0.0.1:${port}`,
      self: { kind: 'host', project: project.project },
    });
    const [before] = await platform.find('api');
    expect(before).toMatchObject({ protectedBecause: null, instances: [{ id, running: true }] });
    await platform.act('restart', id, 5_000, 20_000);
    await expect.poll(() => platform.logs(id, 10), { timeout: 10_000 }).toBe('up\nup\n');
    const [after] = await platform.find('api');
    expect(after?.instances[0]?.startedAt).toBeGreaterThan(before?.instances[0]?.startedAt ?? 0);
    await docker('stop', id);
    await platform.act('start', id, 0, 20_000);
    expect(await platform.inspect(`docker:service:${project.project}/api`)).toMatchObject({
      instances: [{ running: true }],
    });
    await expect(platform.act('restart', '0'.repeat(64), 0, 5_000)).rejects.toMatchObject({
      code: 'not_found',
    });
    // The proxy has the socket: it is protected, by whatever name.
    expect(await platform.find(`container:${project.project}-real`)).toMatchObject([
      { protectedBecause: expect.stringContaining("the engine's socket") },
    ]);
  });

  test('G3: a restart that the bot no longer waits for is carried out behind the proxy, too', async () => {
    const port = await startProxy(project, 'impatient', `${SOCKET}:/var/run/docker.sock:ro`);
    const id = await project.start({ service: 'deaf', script: STUBBORN });
    const self = { kind: 'host', project: project.project } as const;
    const platform = createDocker({ url: `http://127.0.0.1:${port}`, self });
    await expect.poll(() => platform.logs(id, 1), { timeout: 10_000 }).toMatch(/^ready/);
    const startedAt = async () => (await platform.find('deaf'))[0]?.instances[0]?.startedAt;
    const before = await startedAt();
    await expect(platform.act('restart', id, 2_000, 300)).rejects.toMatchObject({ code: 'timed_out' });
    expect(await startedAt()).toBe(before);
    await expect.poll(startedAt, { timeout: 10_000 }).toBeGreaterThan(before ?? Number.POSITIVE_INFINITY);
  });

  test('a bot without the proxy cannot ask: unavailable, in time', async () => {
    const platform = createDocker({
      url: 'http://127.0.0.1:9',
      self: { kind: 'host', project: null },
      atMost: 1_000,
    });
    await expect(platform.list()).rejects.toMatchObject({ code: 'unavailable' });
  });
});
