import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const TMPFS = '/dev/shm';

/** A folder for the logs of runs: in memory where there is a tmpfs, since each commit is synced. */
export function logFolder(): { path: string; isTmpfs: boolean } & Disposable {
  const isTmpfs = existsSync(TMPFS);
  const path = mkdtempSync(join(isTmpfs ? TMPFS : tmpdir(), 'alert-bot-sim-'));
  return { path, isTmpfs, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
