import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Part, type PartSpec } from './part.ts';
import { until } from './until.ts';

let folder: string;
let part: Part | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shop-part-'));
});
afterEach(async () => {
  await part?.kill();
  rmSync(folder, { recursive: true, force: true });
});

const idle = 'setInterval(() => {}, 1000); console.log("up")';

function partThat(script: string, more: Partial<PartSpec> = {}): Part {
  const logFile = join(folder, 'log');
  part = new Part({
    name: 'the part',
    command: process.execPath,
    args: ['-e', script],
    cwd: folder,
    env: process.env,
    logFile,
    ready: async () => readFileSync(logFile, 'utf8').includes('up\n'),
    ...more,
  });
  return part;
}

describe('a part', () => {
  it('that ends before it is ready is told of with its last words', async () => {
    const start = partThat('console.error("no such file: x"); process.exit(3)').start();
    await expect(start).rejects.toThrow(/the part ended by itself \(exit code 3\)[\s\S]*no such file: x/);
  });

  it('that cannot be started at all is told of', async () => {
    await expect(partThat(idle, { command: join(folder, 'none') }).start()).rejects.toThrow('ENOENT');
  });

  it('killed in any way can be started again, as another process', async () => {
    const one = partThat(idle);
    await one.start();
    const first = one.pid;
    await one.kill('SIGKILL');
    expect(one.pid).toBeUndefined();
    await one.start();
    expect(one.pid).not.toBe(first);
    await one.restart();
    expect(one.pid).toBeDefined();
  });

  it('that ignores the request to end is killed after its grace time', async () => {
    const one = partThat(`process.on("SIGTERM", () => {}); ${idle}`, { graceMs: 200 });
    await one.start();
    await one.stop();
    expect(one.pid).toBeUndefined();
  });

  it('that ends although nobody asked is reported, and one that was asked is not', async () => {
    const said: string[] = [];
    const one = partThat(idle, { onUnexpectedExit: (message) => said.push(message) });
    await one.start();
    await one.restart();
    expect(said).toEqual([]);
    if (one.pid) process.kill(one.pid, 'SIGKILL');
    await until(() => said.length > 0, { what: 'the report' });
    expect(said[0]).toContain('the part ended by itself (SIGKILL)');
  });
});
