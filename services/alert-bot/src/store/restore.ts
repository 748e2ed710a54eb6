import { chmodSync, constants, copyFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { Instant } from '../domain/duration.ts';
import { type CopyFacts, checkCopy, sealCopy } from './backup-check.ts';
import { codeOf, draftOf, exists, publish, removeDraft, replace } from './backup-files.ts';
import { audit, type Person } from './controls.ts';
import { type Db, logFile, takeLock } from './db.ts';
import { StoreError } from './store-error.ts';

export interface Restored extends CopyFacts {
  /** Where the log that was there before is now; null where there was none. */
  keptAs: string | null;
}

/**
 * Puts a copy in the place of the log of a data folder, which no bot may be using. The log that was there stays
 * beside it. Whatever cuts this off, the old log or the new one is there, whole.
 * @throws StoreError where a bot runs, or the file is no log, damaged, or of a newer version
 */
export function restoreLog(dataDir: string, file: string, person: Person, now: Instant): Restored {
  const log = logFile(dataDir);
  refuseLive(file, log);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lock = takeLock(dataDir);
  const draft = draftOf(log);
  try {
    copyFileSync(file, draft, constants.COPYFILE_EXCL);
    chmodSync(draft, 0o600);
    const facts = checkCopy(draft, file);
    const past = exists(log) ? settle(log) : NO_PAST;
    sealCopy(draft, { restored_at: now }, (db) => {
      carryOver(db, past);
      audit(db, person, 'restore', file, now);
    });
    if (!exists(log)) {
      publish(draft, log);
      return { ...facts, keptAs: null };
    }
    const keptAs = `${log}.before-${new Date(now).toISOString().replaceAll(/[:.]/g, '-')}`;
    // Only where the old log could not be read: beside a new one its write-ahead log would be taken for its own.
    for (const end of ['-wal', '-shm'])
      if (exists(`${log}${end}`)) renameSync(`${log}${end}`, `${keptAs}${end}`);
    replace(draft, log, keptAs);
    return { ...facts, keptAs };
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError(
      `${file} cannot be restored into ${dataDir} (${error instanceof Error ? error.message : String(error)}): the log there is as it was`,
    );
  } finally {
    removeDraft(draft);
    lock.close();
  }
}

function refuseLive(file: string, log: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined || !found.isFile())
    throw new StoreError(`${file} is no file: name one that alert-bot backup made`);
  const own = statSync(log, { throwIfNoEntry: false });
  if (own !== undefined && own.dev === found.dev && own.ino === found.ino)
    throw new StoreError(`${file} is the log itself: name a file that alert-bot backup made`);
  if ((statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0)
    throw new StoreError(
      `${file} has a write-ahead log beside it, so it is a log in use and not a backup: make one with alert-bot backup`,
    );
}

/** What was already given to somebody, and must not be given again. */
interface Past {
  boot: number;
  incidents: number;
}
const NO_PAST: Past = { boot: 0, incidents: 0 };

/** Brings the old log into one file. One that cannot be read, which may be why it is replaced, stays as it is. */
function settle(log: string): Past {
  let db: Db | undefined;
  try {
    db = new Database(log);
    db.pragma('wal_checkpoint(TRUNCATE)');
    const number = (sql: string) => Number(db?.prepare(sql).pluck().get() ?? 0);
    return {
      boot: number("SELECT value FROM meta WHERE key = 'boot'"),
      incidents: number("SELECT seq FROM sqlite_sequence WHERE name = 'incidents'"),
    };
  } catch (error) {
    if (codeOf(error).startsWith('SQLITE')) return NO_PAST;
    throw error;
  } finally {
    db?.close();
  }
}

/** Pages and links name incidents by number, and a boot is a fence: neither is used twice. */
function carryOver(db: Db, { boot, incidents }: Past): void {
  db.prepare("UPDATE meta SET value = max(value, ?) WHERE key = 'boot'").run(boot);
  const has = db.prepare("SELECT 1 FROM sqlite_sequence WHERE name = 'incidents'").get() !== undefined;
  if (has) db.prepare("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'incidents'").run(incidents);
  else db.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('incidents', ?)").run(incidents);
}

const DAY = 24 * 3_600_000;

/** What a person has to know of a log that was restored within the last day. */
export function restoreNotes(db: Db, now: Instant): string[] {
  const read = (key: string) =>
    Number(db.prepare('SELECT value FROM meta WHERE key = ?').pluck().get(key) ?? 0);
  const restored = read('restored_at');
  if (restored === 0 || now - restored > DAY) return [];
  const made = read('backup_at');
  return [
    `the log was restored at ${new Date(restored).toISOString()} from a backup of ` +
      `${made === 0 ? 'an unknown time' : new Date(made).toISOString()}: attempts in between are not counted by any limit`,
  ];
}
