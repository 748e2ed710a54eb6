import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { relocatedAlertmanager } from './alertmanager.ts';
import { type Tool, type ToolName, toolPlaces } from './places.ts';

const run = promisify(execFile);

export type DebianOptions = {
  cacheDir?: string;
  /** Where an installed Alertmanager package keeps its templates. */
  templates?: string;
};

/** A program from Debian's packages: downloaded with apt-get, unpacked into the cache, never installed. */
export async function debianTool(name: ToolName, options: DebianOptions = {}): Promise<Tool> {
  const { cacheDir = defaultCacheDir(), templates = '/usr/share/prometheus/alertmanager' } = options;
  const { commands, packages } = toolPlaces[name];
  const root = await unpacked(packages, cacheDir);

  const path = commands.map((command) => join(root, 'usr/bin', command)).find((file) => existsSync(file));
  if (path === undefined) throw new Error(`the package ${packages[0]} holds no ${commands.join(' or ')}`);
  if (name === 'alertmanager' && !existsSync(templates)) {
    return { path: await relocatedAlertmanager(path), origin: 'Debian', cwd: join(root, 'usr'), env: {} };
  }
  const libraries = packages.length > 1 ? { LD_LIBRARY_PATH: await libraryPath(root) } : {};
  return { path, origin: 'Debian', env: libraries };
}

function defaultCacheDir(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'shop-tools');
}

/** Answers the folder that holds the packages' files. Two processes may do this at once: the first rename wins. */
async function unpacked(packages: readonly [string, ...string[]], cacheDir: string): Promise<string> {
  const root = join(cacheDir, `${await release()}-${packages[0]}`);
  if (existsSync(root)) return root;

  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(join(cacheDir, 'unpacking-'));
  try {
    process.stderr.write(`tools: unpacking Debian's ${packages.join(', ')} into ${root}\n`);
    await download(packages, work);
    const staged = join(work, 'root');
    for (const file of (await readdir(work)).filter((entry) => entry.endsWith('.deb'))) {
      await run('dpkg-deb', ['-x', join(work, file), staged]);
    }
    await rename(staged, root).catch((error: unknown) => {
      if (!existsSync(root)) throw error;
    });
    return root;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function download(packages: readonly string[], cwd: string): Promise<void> {
  try {
    await run('apt-get', ['download', ...packages], { cwd });
  } catch (first) {
    if (isMissing(first)) throw new Error('apt-get is not on this machine');
    // A bare machine or container has no package lists yet, or stale ones.
    process.stderr.write('tools: apt-get download failed, trying again after apt-get update\n');
    await run('apt-get', ['update']).catch(() => undefined);
    await run('apt-get', ['download', ...packages], { cwd }).catch((error: unknown) => {
      throw new Error(`apt-get download ${packages.join(' ')} failed: ${lastError(error)}`);
    });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function lastError(error: unknown): string {
  const text = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
  return text.split('\n').findLast((line) => line.startsWith('E: ')) ?? text.trim();
}

/** Names the release and the architecture, so that a home folder shared by machines does not mix them. */
async function release(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const codename = /^VERSION_CODENAME="?([\w.-]+)/m.exec(text)?.[1] ?? 'unknown';
  return `${codename}-${process.arch}`;
}

async function libraryPath(root: string): Promise<string> {
  const folders = await readdir(join(root, 'usr/lib'));
  return folders.map((folder) => join(root, 'usr/lib', folder)).join(':');
}
