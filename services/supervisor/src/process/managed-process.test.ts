import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { bootSupervisor, childrenOf, ignoresSigterm, isAlive, staying } from '../harness.ts';

/** Within it, what is waited for has to come true. */
const SOON = { timeout: 5000, interval: 20 };

// Slow to stop, so that something can be asked while a restart is between its stop and its start.
const lingering = staying(`process.on('SIGTERM', () => setTimeout(() => process.exit(0), 300))`);
const withChild = staying(
  `const child = require('node:child_process').spawn(process.execPath,
     ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'], { stdio: 'ignore' });
   console.log('child', child.pid)`,
);

async function boot(command: string, more = '') {
  const box = await bootSupervisor(`processes: { app: { command: ${command}, stop_timeout: 5s, ${more} } }`);
  // Only then its signal handlers are in place.
  const ready = (times = 1) =>
    vi.waitFor(async () => expect((await box.logs('app')).match(/^ready/gm)).toHaveLength(times), SOON);
  await ready();
  const before = await box.process('app');
  const act = (what: string, hangUp = false) => box.ask('POST', `/processes/${before.id}/${what}`, hangUp);
  return Object.assign(box, { ready, before, act });
}

describe.concurrent('restart', () => {
  test('is one stop and one start, under the same id, counted', async ({ expect }) => {
    await using box = await boot(staying());
    expect(await box.act('restart')).toEqual({ status: 204, text: '' });
    const after = await box.process('app');
    expect(after).toMatchObject({
      id: box.before.id,
      state: 'running',
      restartCount: 1,
      exitCode: null,
      signal: null,
    });
    expect(after.pid).not.toBe(box.before.pid);
    expect(Date.parse(after.startedAt ?? '')).toBeGreaterThan(Date.parse(box.before.startedAt ?? ''));
    const record = await box.record();
    expect(record).toEqual([
      { at: box.before.startedAt, name: 'app', id: after.id, event: 'start', pid: box.before.pid },
      expect.objectContaining({ event: 'stop', by: 'restart', timeoutMs: 5000 }),
      { at: after.finishedAt, name: 'app', id: after.id, event: 'die', exitCode: null, signal: 'SIGTERM' },
      { at: after.startedAt, name: 'app', id: after.id, event: 'start', pid: after.pid },
    ]);
    expect(
      box
        .recordFile()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(record);
  });

  test('kills what ignores SIGTERM when t is over', async ({ expect }) => {
    await using box = await boot(ignoresSigterm);
    expect(await box.act('restart?t=0.3')).toMatchObject({ status: 204 });
    expect(await box.events('app')).toEqual(['start', 'stop', 'kill', 'die', 'start']);
    const [, stop, kill, die] = await box.record();
    expect(stop).toMatchObject({ timeoutMs: 300 });
    expect(die).toMatchObject({ signal: 'SIGKILL', exitCode: null });
    const waited = Date.parse(kill?.at ?? '') - Date.parse(stop?.at ?? '');
    expect(waited).toBeGreaterThanOrEqual(299);
    expect(waited).toBeLessThan(3000);
  });

  test('goes on when the client leaves at once (G3)', async ({ expect }) => {
    await using box = await boot(lingering);
    await box.act('restart', true);
    await box.ready(2);
    expect(await box.events('app')).toEqual(['start', 'stop', 'die', 'start']);
    expect((await box.process('app')).restartCount).toBe(1);
  });

  test('holds back a start asked meanwhile, which then finds it running', async ({ expect }) => {
    await using box = await boot(lingering);
    const restart = box.act('restart');
    await expect.poll(() => box.events('app'), SOON).toContain('stop');
    const start = await box.act('start');
    expect([(await restart).status, start.status]).toEqual([204, 304]);
    expect(await box.events('app')).toEqual(['start', 'stop', 'die', 'start']);
  });

  test('asked twice at the same time is done twice, one after the other', async ({ expect }) => {
    await using box = await boot(lingering);
    const answers = await Promise.all([box.act('restart'), box.act('restart')]);
    expect(answers.map(({ status }) => status)).toEqual([204, 204]);
    expect(await box.events('app')).toEqual(['start', 'stop', 'die', 'start', 'stop', 'die', 'start']);
    expect((await box.process('app')).restartCount).toBe(2);
  });

  test('of an exited process only starts it', async ({ expect }) => {
    await using box = await boot(staying());
    await box.act('stop');
    expect((await box.act('restart')).status).toBe(204);
    expect(await box.events('app')).toEqual(['start', 'stop', 'die', 'start']);
    expect(await box.process('app')).toMatchObject({ state: 'running', restartCount: 1 });
  });

  test('ends the whole group before it starts anew', async ({ expect }) => {
    await using box = await boot(withChild);
    const child = Number(/^child (\d+)$/m.exec(await box.logs('app'))?.[1]);
    expect(isAlive(child)).toBe(true);
    await box.act('restart');
    expect(isAlive(child)).toBe(false);
  });
});

test.concurrent('a restart whose start fails leaves it exited, with the old start time', async ({
  expect,
}) => {
  await using box = await bootSupervisor('processes: { app: { command: [./app.sh] } }');
  const script = join(box.folder, 'app.sh');
  const { id, ...never } = await box.process('app');
  expect(never).toMatchObject({ state: 'exited', startedAt: null, exitCode: null });
  const act = (what: string) => box.ask('POST', `/processes/${id}/${what}`);
  writeFileSync(script, '#!/bin/sh\necho ready\nexec sleep 60\n', { mode: 0o700 });
  expect((await act('start')).status).toBe(204);
  await expect.poll(() => box.logs('app'), SOON).toContain('ready');
  const before = await box.process('app');
  rmSync(script);

  const answer = await act('restart');
  expect(answer.status).toBe(500);
  expect(JSON.parse(answer.text)).toMatchObject({
    code: 'start_failed',
    message: expect.stringContaining('./app.sh'),
  });
  expect(await box.process('app')).toMatchObject({
    state: 'exited',
    pid: null,
    startedAt: before.startedAt,
    restartCount: 0,
  });
  expect(await box.events('app')).toEqual(['start_failed', 'start', 'stop', 'die', 'start_failed']);
  expect(JSON.parse((await act('start')).text)).toMatchObject({ code: 'start_failed' });
});

test.concurrent('stop and start say whether they changed anything', async ({ expect }) => {
  await using box = await boot(ignoresSigterm);
  expect((await box.act('start')).status).toBe(304);
  expect((await box.act('stop?t=0')).status).toBe(204);
  expect(await box.process('app')).toMatchObject({
    state: 'exited',
    pid: null,
    signal: 'SIGKILL',
    exitCode: null,
  });
  expect((await box.act('stop')).status).toBe(304);
  expect((await box.act('start')).status).toBe(204);
  expect(await box.process('app')).toMatchObject({ state: 'running', signal: null, restartCount: 0 });
});

test.concurrent('what crashes stays exited, with its exit code', async ({ expect }) => {
  await using box = await bootSupervisor(`processes: { app: { command: [node, -e, 'process.exit(3)'] } }`);
  await expect.poll(async () => (await box.process('app')).state, SOON).toBe('exited');
  const { finishedAt, ...after } = await box.process('app');
  expect(after).toMatchObject({ pid: null, exitCode: 3, signal: null, restartCount: 0 });
  const record = await box.record();
  expect(record.map(({ event }) => event)).toEqual(['start', 'die']);
  expect(record[1]).toMatchObject({ at: finishedAt, exitCode: 3, signal: null });
  expect(childrenOf(box.child.pid).filter(({ name }) => name === 'node')).toEqual([]);
});

test.concurrent('logs are kept in memory and on disk, both streams, and the last lines are answered', async ({
  expect,
}) => {
  const script = `for (const n of [1, 2, 3]) console.log('out', n); console.error('err'); process.stdout.write('no end of line')`;
  await using box = await bootSupervisor(
    `processes: { app: { command: ${JSON.stringify(['node', '-e', script])} } }`,
  );
  await expect.poll(() => box.logs('app'), SOON).toContain('no end of line\n');
  const lines = (await box.logs('app')).trimEnd().split('\n');
  expect(lines.toSorted()).toEqual(['err', 'no end of line', 'out 1', 'out 2', 'out 3']);
  expect(await box.logs('app', 1)).toBe(`${lines.at(-1)}\n`);
  expect(readFileSync(join(box.folder, 'data', 'app.log'), 'utf8')).toBe(await box.logs('app'));
});

test.concurrent('a process gets what is listed, and PATH, HOME, TZ, LANG, and our own Node', async ({
  expect,
}) => {
  const script = 'console.log(JSON.stringify([process.env, process.execPath, process.cwd()]))';
  await using box = await bootSupervisor(
    `processes:
       app: { command: ${JSON.stringify(['node', '-e', script])}, cwd: data, environment: { URL: 'db://$\{PASSWORD}' } }`,
    // No node there: ours needs no PATH to be found.
    { PASSWORD: 'secret', TZ: 'UTC', PATH: '/nowhere' },
  );
  await expect.poll(() => box.logs('app'), SOON).not.toBe('');
  expect(JSON.parse(await box.logs('app'))).toEqual([
    { URL: 'db://secret', PATH: '/nowhere', TZ: 'UTC' },
    process.execPath,
    join(box.folder, 'data'),
  ]);
});
