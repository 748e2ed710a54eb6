import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const absolute = Buffer.from('/usr/share/prometheus/alertmanager');
const relative = Buffer.from('share/prometheus/alertmanager/././');
// In Debian 12's 0.25 and in later builds that were looked at (0.33).
const expectedPlaces = 3;

/**
 * Debian's Alertmanager reads its templates from /usr/share at its start, and no flag or key changes that. Where
 * the package is not installed it ends at once. This answers a copy beside it that reads them relative to the
 * folder it is started in, which must be the unpacked package's `usr`. Both paths have the same length, so nothing
 * else in the program moves.
 */
export async function relocatedAlertmanager(original: string): Promise<string> {
  const copy = `${original}-relocated`;
  if (existsSync(copy)) return copy;

  const program = await readFile(original);
  const places = relocate(program);
  if (places !== expectedPlaces) {
    throw new Error(
      `${original} names its template folder in ${places} places instead of ${expectedPlaces}: it is not a known build`,
    );
  }
  // Written aside and renamed: another process may be doing the same, or starting the copy.
  const work = await mkdtemp(join(dirname(original), 'relocating-'));
  try {
    const file = join(work, 'alertmanager');
    await writeFile(file, program);
    await chmod(file, 0o755);
    await rename(file, copy);
    return copy;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function relocate(program: Buffer): number {
  let places = 0;
  for (let at = program.indexOf(absolute); at !== -1; at = program.indexOf(absolute, at + relative.length)) {
    relative.copy(program, at);
    places += 1;
  }
  return places;
}
