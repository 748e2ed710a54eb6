import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { debianTool } from '../../scripts/tools/debian.ts';
import type { Tool } from '../../scripts/tools/places.ts';
import { tool } from '../../scripts/tools.ts';

const run = promisify(execFile);

/** The checking tools of one generation of Prometheus and Alertmanager. */
export type Generation = { name: string; promtool: Tool; amtool: Tool; prometheus: Tool; alertmanager: Tool };

/**
 * Every generation this machine has: the one in PATH and Debian's, where they differ. At least one, or it throws:
 * rules that nothing has checked must not pass for checked.
 */
export async function generations(): Promise<[Generation, ...Generation[]]> {
  const first = await generation(tool);
  const debian = await fromDebian();
  return debian === undefined || debian.name === first.name ? [first] : [first, debian];
}

/** Without apt-get or a network there is one generation, which is enough to run. */
async function fromDebian(): Promise<Generation | undefined> {
  try {
    return await generation((name) => debianTool(name));
  } catch {
    return undefined;
  }
}

async function generation(
  find: (name: 'promtool' | 'amtool' | 'prometheus' | 'alertmanager') => Promise<Tool>,
) {
  const [promtool, amtool, prometheus, alertmanager] = await Promise.all([
    find('promtool'),
    find('amtool'),
    find('prometheus'),
    find('alertmanager'),
  ]);
  const name = `Prometheus ${await version(promtool)}, Alertmanager ${await version(amtool)}`;
  return { name, promtool, amtool, prometheus, alertmanager };
}

async function version(found: Tool): Promise<string> {
  const { stdout, stderr } = await run(found.path, ['--version'], { env: { ...process.env, ...found.env } });
  return /version (\S+)/.exec(stdout + stderr)?.[1] ?? 'of unknown version';
}
