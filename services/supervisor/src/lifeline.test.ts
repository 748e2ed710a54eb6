import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, test } from 'vitest';
import { childrenOf, isAlive } from './harness.ts';
import { tie } from './lifeline.ts';

const LIFELINE = new URL('./lifeline.ts', import.meta.url).href;
/** Prints its pid, then its child's, and stays. */
const FAMILY = `
  const { spawn } = require('node:child_process');
  const grandchild = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  console.log(process.pid, grandchild.pid);
  setInterval(() => {}, 1000);
`;
const STUBBORN = `process.on('SIGTERM', () => {}); console.log(process.pid); setInterval(() => {}, 1000);`;

/** A parent that ties one child, passes on what it prints, and runs `afterwards`. */
async function parentOf(script: string, options: { detached: boolean; afterwards?: string }) {
  const parent = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { spawn } from 'node:child_process';
       import { tie } from ${JSON.stringify(LIFELINE)};
       const stdio = ['ignore', 'pipe', 'ignore'];
       const child = spawn(process.execPath, ['-e', ${JSON.stringify(script)}], { detached: ${options.detached}, stdio });
       const lifeline = tie(child);
       child.stdout.once('data', (data) => { process.stdout.write(data); ${options.afterwards ?? ''} });`,
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const exit = once(parent, 'exit');
  const lines = createInterface({ input: parent.stdout });
  const [line] = await once(lines, 'line');
  return { parent, exit, pids: String(line).split(' ').map(Number) };
}

const someAlive = (pids: number[]) => () => pids.some(isAlive);

const reapersOf = (pid: number | undefined) =>
  childrenOf(pid)
    .filter(({ name }) => name === 'sh')
    .map((child) => child.pid);

describe.concurrent('tie', () => {
  test('kill -9 of the parent ends the child and the grandchild within 2 s', async ({ expect }) => {
    const { parent, pids } = await parentOf(FAMILY, { detached: true });
    expect(pids).toHaveLength(2);
    expect(pids.every(isAlive)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(someAlive(pids), { timeout: 2000, interval: 20 }).toBe(false);
  });

  test('a child that ignores SIGTERM is killed when the grace time is over', async ({ expect }) => {
    const { parent, pids } = await parentOf(STUBBORN, { detached: true });
    parent.kill('SIGKILL');
    await expect.poll(someAlive(pids), { timeout: 2000, interval: 20 }).toBe(false);
  });

  test('a child that leads no group of its own is ended alone', async ({ expect }) => {
    const { parent, pids } = await parentOf(STUBBORN, { detached: false });
    parent.kill('SIGKILL');
    await expect.poll(someAlive(pids), { timeout: 2000, interval: 20 }).toBe(false);
  });

  test('a parent that ends by itself without release takes the child along', async ({ expect }) => {
    const { exit, pids } = await parentOf(STUBBORN, {
      detached: true,
      afterwards: 'setImmediate(process.exit)',
    });
    await exit;
    await expect.poll(someAlive(pids), { timeout: 2000, interval: 20 }).toBe(false);
  });

  test('after release the child outlives the parent', async ({ expect }) => {
    const { parent, exit, pids } = await parentOf(STUBBORN, {
      detached: true,
      afterwards: `process.stdin.resume().once('end', () => { lifeline.release(); lifeline.release(); process.exit(); })`,
    });
    const reapers = reapersOf(parent.pid);
    parent.stdin.end();
    await exit;
    // The reaper has had its say when it is gone.
    await expect.poll(() => reapers.some(isAlive), { timeout: 5000 }).toBe(false);
    expect(pids.every(isAlive)).toBe(true);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
  });

  test('after a normal end of the child the reaper goes and kills nothing', async ({ expect }) => {
    const child = spawn('/bin/true', { detached: true, stdio: 'ignore' });
    tie(child);
    const reapers = reapersOf(process.pid);
    await once(child, 'exit');
    await expect.poll(() => reapers.some(isAlive), { timeout: 5000 }).toBe(false);
  });

  test('a tie does not keep the parent waiting for anything', async ({ expect }) => {
    const { exit, pids } = await parentOf(STUBBORN, {
      detached: true,
      afterwards: 'child.unref(); child.stdout.destroy()',
    });
    expect(await exit).toEqual([0, null]);
    await expect.poll(someAlive(pids), { timeout: 2000, interval: 20 }).toBe(false);
  });

  test('a child that was not spawned cannot be tied', async ({ expect }) => {
    const child = spawn('/nowhere/to/be/found');
    const failed = once(child, 'error');
    expect(() => tie(child)).toThrow('was not spawned');
    await failed;
  });
});
