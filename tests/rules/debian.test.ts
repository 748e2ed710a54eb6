import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../scripts/stack/ports.ts';
import { answersWell, until } from '../../scripts/stack/until.ts';
import { debianTool } from '../../scripts/tools/debian.ts';
import { repository } from './cases.ts';

const run = promisify(execFile);
const hasApt = existsSync('/usr/bin/apt-get');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'shop-debian-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.runIf(hasApt)("a tool from Debian's packages", () => {
  it('is unpacked once by two that want it at the same time, and runs', async () => {
    const cacheDir = join(folder, 'cache');
    const [first, second] = await Promise.all([
      debianTool('strace', { cacheDir }),
      debianTool('strace', { cacheDir }),
    ]);
    expect(first).toEqual(second);
    expect(readdirSync(cacheDir)).toHaveLength(1);

    const { stdout } = await run(first.path, ['--version'], { env: { ...process.env, ...first.env } });
    expect(stdout).toContain('strace -- version');
  });

  it.each(['present', 'missing'])(
    'Alertmanager starts with the templates of an installed one %s',
    async (what) => {
      const { path, cwd, env } = await debianTool('alertmanager', {
        templates: what === 'present' ? folder : join(folder, 'none'),
      });
      expect(path.endsWith('-relocated')).toBe(what === 'missing');
      expect(cwd === undefined).toBe(what === 'present');
      // The one that reads the real folder can only start where that exists.
      if (what === 'present' && !existsSync('/usr/share/prometheus/alertmanager')) return;

      const { alertmanager: port } = await freePorts();
      const args = [
        `--config.file=${join(repository, 'alertmanager.yml')}`,
        `--storage.path=${join(folder, what)}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--cluster.listen-address=',
      ];
      const child = spawn(path, args, { cwd, env: { ...process.env, ...env }, stdio: 'ignore' });
      try {
        await until(() => answersWell(`http://127.0.0.1:${port}/-/ready`), { what: 'Alertmanager' });
      } finally {
        child.kill();
      }
    },
  );
});
