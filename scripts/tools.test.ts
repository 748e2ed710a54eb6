import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { relocatedAlertmanager } from './tools/alertmanager.ts';
import { toolInPath } from './tools.ts';

const run = promisify(execFile);
const template = '/usr/share/prometheus/alertmanager';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shop-tools-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function program(file: string, text: string): Promise<string> {
  await writeFile(file, `#!/bin/sh\n${text}\n`);
  await chmod(file, 0o755);
  return file;
}

describe('a tool in PATH', () => {
  it("is found under upstream's name and under Debian's", async () => {
    const upstream = join(folder, 'upstream');
    const debian = join(folder, 'debian');
    await Promise.all([mkdir(upstream), mkdir(debian)]);
    const first = await program(join(upstream, 'alertmanager'), 'true');
    const second = await program(join(debian, 'prometheus-alertmanager'), 'true');

    expect((await toolInPath('alertmanager', upstream))?.path).toBe(first);
    expect((await toolInPath('alertmanager', debian))?.path).toBe(second);
  });

  it('is not a folder or an unreadable file of that name', async () => {
    const decoys = join(folder, 'decoys');
    await mkdir(join(decoys, 'prometheus'), { recursive: true });
    await writeFile(join(decoys, 'promtool'), 'not a program');

    expect(await toolInPath('prometheus', decoys)).toBeUndefined();
    expect(await toolInPath('promtool', decoys)).toBeUndefined();
  });
});

describe('a relocated Alertmanager', () => {
  it('names the folder relative to where it is started, and keeps its length', async () => {
    const original = await program(
      join(folder, 'am'),
      `echo ${template} ${template} ${template}/default.tmpl`,
    );
    const copy = await relocatedAlertmanager(original);
    const { stdout } = await run(copy);

    expect(stdout.split(' ')[2]).toBe('share/prometheus/alertmanager/././/default.tmpl\n');
    expect(stdout).toHaveLength((await run(original)).stdout.length);
  });

  it('is refused for a build that names it elsewhere, and leaves nothing behind', async () => {
    const odd = join(folder, 'odd');
    await mkdir(odd);
    const original = await program(join(odd, 'am'), `echo ${template}`);

    await expect(relocatedAlertmanager(original)).rejects.toThrow('1 places instead of 3');
    expect(await readdir(odd)).toEqual(['am']);
  });

  it('is made once by two processes that want it at the same time', async () => {
    const both = join(folder, 'both');
    await mkdir(both);
    const original = await program(join(both, 'am'), `echo ${template} ${template} ${template}`);

    const [first, second] = await Promise.all([
      relocatedAlertmanager(original),
      relocatedAlertmanager(original),
    ]);
    expect(first).toBe(second);
    expect((await readdir(both)).toSorted()).toEqual(['am', 'am-relocated']);
  });
});
