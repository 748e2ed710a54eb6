import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * Copies the working tree, without what git ignores, to a temporary folder, with the dependencies linked. What is
 * broken there is broken for nobody else.
 * @returns the folder; it goes when this is disposed of
 */
export function copyTree(root: string): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'mutations-'));
  // Also what is not added yet: a test that was just written counts.
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  for (const file of new Set(listed.split('\0').filter(Boolean))) {
    // Deleted, and not committed yet.
    if (!existsSync(join(root, file))) continue;
    mkdirSync(dirname(join(path, file)), { recursive: true });
    cpSync(join(root, file), join(path, file), { verbatimSymlinks: true });
  }
  linkEach(join(root, 'node_modules'), join(path, 'node_modules'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A folder of links, not a link to the folder: the services in it must be those of the copy. */
function linkEach(from: string, to: string): void {
  mkdirSync(to);
  for (const name of readdirSync(from)) {
    const [source, link] = [join(from, name), join(to, name)];
    if (lstatSync(source).isSymbolicLink()) symlinkSync(readlinkSync(source), link);
    else if (name.startsWith('@')) linkEach(source, link);
    // Caches are the copy's own.
    else if (!name.startsWith('.') || name === '.bin') symlinkSync(source, link);
  }
}
