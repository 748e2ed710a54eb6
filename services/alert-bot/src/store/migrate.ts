import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Db } from './db.ts';
import { StoreError } from './store-error.ts';

const MIGRATIONS = join(import.meta.dirname, 'migrations');

const files = (): string[] =>
  readdirSync(MIGRATIONS)
    .filter((name) => name.endsWith('.sql'))
    .sort();

/** The log version that this program writes. */
export const knownVersion = (): number => files().length;

/** The log version of a database; 0 where it is new, or no log. */
export const versionOf = (db: Db): number => Number(db.pragma('user_version', { simple: true }));

/** @throws StoreError where the log was written by a newer version */
export function refuseNewer(db: Db, file: string): void {
  const have = versionOf(db);
  if (have > knownVersion())
    throw new StoreError(
      `${file} was written by a newer alert-bot (log version ${have}, this one knows ${knownVersion()}); ` +
        'run that version, or restore a backup made before the upgrade',
    );
}

/**
 * Runs the numbered migrations that are missing, each in its own transaction: one that is cut off leaves
 * nothing of itself, and the next start goes on with it.
 * @throws StoreError where the log was written by a newer version
 */
export function migrate(db: Db, file: string): void {
  refuseNewer(db, file);
  const have = versionOf(db);
  files()
    .slice(have)
    .forEach((name, i) => {
      const sql = readFileSync(join(MIGRATIONS, name), 'utf8');
      db.transaction(() => {
        db.exec(sql);
        db.pragma(`user_version = ${have + i + 1}`);
      }).immediate();
    });
}

const INCREMENTAL = 2;

/** To be called before a new log has any page: later only rebuilding the file changes it. */
export function wantIncrementalVacuum(db: Db): void {
  db.pragma('auto_vacuum = INCREMENTAL');
}

/**
 * Rebuilds a log from before retention once, so that pruning can give pages back to the file system. It takes
 * seconds per GB and as much room again; without that room the log stays as it is and uses its free pages again.
 * @param cannotWrite whether an error is the disk's
 */
export function rebuildForVacuum(db: Db, cannotWrite: (error: unknown) => boolean): void {
  if (db.pragma('auto_vacuum', { simple: true }) === INCREMENTAL) return;
  try {
    wantIncrementalVacuum(db);
    db.exec('VACUUM');
  } catch (error) {
    if (!cannotWrite(error)) throw error;
  }
}
