import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Says that a folder is the demo's own, and who uses it now. */
const marker = 'demo.pid';

/**
 * Empties the folder of the last run and takes it. What the demo has not made is never removed, and neither is what
 * another run still uses.
 */
export function takeFolder(path: string): { folder: string; release: () => void } {
  const folder = resolve(path);
  const mark = join(folder, marker);
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    if (!existsSync(mark)) {
      throw new Error(`${folder} holds files that no demo has made: choose another --folder, or empty it.`);
    }
    const user = Number(readFileSync(mark, 'utf8'));
    if (isRunning(user)) {
      throw new Error(
        `${folder} is used by another demo (process ${user}): end it, or choose another --folder.`,
      );
    }
    rmSync(folder, { recursive: true, force: true });
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(mark, String(process.pid));
  return { folder, release: () => writeFileSync(mark, '') };
}

function isRunning(pid: number): boolean {
  if (!(pid > 0) || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
