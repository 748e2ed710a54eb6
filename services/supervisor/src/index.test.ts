import { once } from 'node:events';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'vitest';
import {
  bootSupervisor,
  ignoresSigterm,
  isAlive,
  startSupervisor,
  staying,
  temporaryFolder,
} from './harness.ts';

/** Within it, what is waited for has to come true. */
const SOON = { timeout: 5000, interval: 20 };

async function refused(folder: string, yaml: string, environment: Record<string, string> = {}) {
  const child = startSupervisor(folder, yaml, environment);
  const [[exitCode], stderr] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
  return { exitCode, stderr };
}

describe.concurrent('starting', () => {
  test('a bad environment and a bad file end it with 2, naming what is wrong', async ({ expect }) => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'processes.yml');
    expect(await refused(folder.path, 'processes: {}', { SUPERVISOR_DATA_DIR: '' })).toEqual({
      exitCode: 2,
      stderr:
        'environment: SUPERVISOR_DATA_DIR: is ""; set a folder for logs and the record; it is created if missing\n',
    });
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is the syntax under test
    writeFileSync(path, "processes:\n  app: { command: ['${PROGRAM}'] }\n");
    expect(await refused(folder.path, '')).toEqual({
      exitCode: 2,
      stderr: `${path}:2: processes.app.command.0: is "$\{PROGRAM}"; set PROGRAM in the supervisor's own environment\n`,
    });
    writeFileSync(path, 'processes: {}');
    expect(await refused(folder.path, '', { SUPERVISOR_DATA_DIR: `${path}/data` })).toEqual({
      exitCode: 2,
      stderr: expect.stringContaining('SUPERVISOR_DATA_DIR'),
    });
    expect(existsSync(join(folder.path, 's.sock'))).toBe(false);
  });

  test('the socket is for this user only', async ({ expect }) => {
    await using box = await bootSupervisor('processes: {}');
    expect(statSync(box.socket).mode & 0o777).toBe(0o600);
  });

  test('what happens is told in its log, one JSON object a line', async ({ expect }) => {
    await using box = await bootSupervisor(`processes: { app: { command: ${staying()} } }`);
    const { id, pid } = await box.process('app');
    const lines = () => box.output().trimEnd().split('\n');
    await expect.poll(lines, SOON).toHaveLength(2);
    expect(JSON.parse(lines()[1] ?? '')).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      service: 'supervisor',
      name: 'app',
      id,
      pid,
      msg: 'start',
    });
  });

  test('a second supervisor on the same socket is refused and starts nothing', async ({ expect }) => {
    await using box = await bootSupervisor(`processes: { app: { command: ${staying()} } }`);
    const { exitCode, stderr } = await refused(box.folder, '');
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: expect.stringContaining('SUPERVISOR_SOCKET'),
    });
    expect(stderr).toContain('another supervisor listens there');
    expect(await box.events('app')).toEqual(['start']);
    expect(box.recordFile().trimEnd().split('\n')).toHaveLength(1);
  });

  test('a file that is no socket is refused and stays', async ({ expect }) => {
    using folder = temporaryFolder();
    mkdirSync(join(folder.path, 's.sock'));
    expect(await refused(folder.path, 'processes: {}')).toEqual({
      exitCode: 2,
      stderr: expect.stringContaining('is a file that is no socket'),
    });
    expect(existsSync(join(folder.path, 's.sock'))).toBe(true);
  });
});

describe.concurrent('ending', () => {
  test('kill -9 leaves no child, and the next supervisor takes over the socket', async ({ expect }) => {
    using folder = temporaryFolder();
    const yaml = `processes: { app: { command: ${ignoresSigterm} }, other: { command: ${staying()} } }`;
    const killed = await bootSupervisor(yaml, {}, folder.path);
    const pids = (await killed.processes()).map(({ pid }) => Number(pid));
    expect(pids.every(isAlive)).toBe(true);
    killed.child.kill('SIGKILL');
    await killed.exit;
    expect(existsSync(killed.socket)).toBe(true);
    await expect.poll(() => pids.some(isAlive), { timeout: 2000, interval: 20 }).toBe(false);

    await using next = await bootSupervisor(yaml, {}, killed.folder);
    expect(await next.events('app')).toEqual(['start']);
  });

  test('SIGTERM stops dependants first, kills what ignores it, and removes the socket', async ({
    expect,
  }) => {
    await using box = await bootSupervisor(`
processes:
  web: { command: ${ignoresSigterm}, depends_on: [api], stop_timeout: 300ms }
  api: { command: ${staying()}, depends_on: [db] }
  db: { command: ${staying()} }
`);
    await expect.poll(async () => (await box.logs('web')).includes('ready'), SOON).toBe(true);
    await expect.poll(async () => (await box.logs('api')).includes('ready'), SOON).toBe(true);
    const pids = (await box.processes()).map(({ pid }) => Number(pid));
    box.child.kill('SIGTERM');
    expect(await box.exit).toEqual([0, null]);
    expect(pids.some(isAlive)).toBe(false);
    expect(existsSync(box.socket)).toBe(false);
    const record = box
      .recordFile()
      .trimEnd()
      .split('\n')
      .slice(3)
      .map((line) => JSON.parse(line));
    expect(record.map(({ event, name }) => `${event} ${name}`)).toEqual([
      'stop web',
      'kill web',
      'die web',
      'stop api',
      'die api',
      'stop db',
      'die db',
    ]);
    expect(record[0]).toMatchObject({ by: 'shutdown', timeoutMs: 300 });
  });

  test('SIGTERM during a restart cuts its grace time short and does not start it again', async ({
    expect,
  }) => {
    await using box = await bootSupervisor(
      `processes: { app: { command: ${ignoresSigterm}, stop_timeout: 200ms } }`,
    );
    await expect.poll(() => box.logs('app'), SOON).toContain('ready');
    const { id } = await box.process('app');
    const restart = box.ask('POST', `/processes/${id}/restart?t=60`);
    await expect.poll(() => box.logs('app'), SOON).toContain('ignored');
    box.child.kill('SIGTERM');
    expect(JSON.parse((await restart).text)).toMatchObject({ code: 'shutting_down' });
    expect(await box.exit).toEqual([0, null]);
    const events = box
      .recordFile()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).event);
    expect(events).toEqual(['start', 'stop', 'kill', 'die']);
  });

  test('SIGTERM during a restart does not make its grace time longer', async ({ expect }) => {
    await using box = await bootSupervisor(
      `processes: { app: { command: ${ignoresSigterm}, stop_timeout: 1m } }`,
    );
    await expect.poll(() => box.logs('app'), SOON).toContain('ready');
    const { id } = await box.process('app');
    const restart = box.ask('POST', `/processes/${id}/restart?t=1`);
    await expect.poll(() => box.logs('app'), SOON).toContain('ignored');
    box.child.kill('SIGTERM');
    expect(JSON.parse((await restart).text)).toMatchObject({ code: 'shutting_down' });
    expect(await box.exit).toEqual([0, null]);
  });

  test('a second signal kills at once', async ({ expect }) => {
    await using box = await bootSupervisor(
      `processes: { app: { command: ${ignoresSigterm}, stop_timeout: 1m } }`,
    );
    await expect.poll(() => box.logs('app'), SOON).toContain('ready');
    box.child.kill('SIGINT');
    await expect.poll(() => box.logs('app'), SOON).toContain('ignored');
    box.child.kill('SIGINT');
    expect(await box.exit).toEqual([0, null]);
    expect(box.recordFile()).toContain('"kill"');
  });
});
