import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { z } from 'zod';
import type { Millis } from '../domain/duration.ts';
import { migrate, rebuildForVacuum, wantIncrementalVacuum } from './migrate.ts';
import { keepStatements } from './statements.ts';
import { StoreError } from './store-error.ts';
import { createLogSync, type LogSync } from './sync.ts';

export { StoreError };

/** The incident log. Functions of this folder take it first; only `write` and `writeAhead` begin a transaction. */
export type Db = Database.Database;

export interface OpenedLog {
  db: Db;
  /** Number of this process among all that opened the log: the fence of what earlier ones left behind. */
  boot: number;
  close(): void;
}

const LOG_FILE = 'incidents.db';
/** The incident log of a data folder. */
export const logFile = (dataDir: string): string => join(dataDir, LOG_FILE);

/**
 * Opens (or makes) the incident log in a data directory, alone: a second process is refused.
 * @throws StoreError where it is locked, unreadable or written by a newer version
 */
export function openLog(dataDir: string): OpenedLog {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StoreError(
      `ALERT_BOT_DATA_DIR=${dataDir} cannot be made: ${text(error)}; name a folder that can be written`,
    );
  }
  const lock = takeLock(dataDir);
  try {
    const file = logFile(dataDir);
    const db = new Database(file);
    // The log holds log lines and label values of the services: for the bot's user only.
    chmodSync(file, 0o600);
    setPragmas(db);
    // A process before may have ended after a sync that failed, and what it wrote since would stand behind a gap.
    if (!emptyWal(db)) uncertain.add(db);
    migrate(db, file);
    rebuildForVacuum(db, cannotWrite);
    keepStatements(db);
    const boot = nextBoot(db);
    const sync = createLogSync(`${file}-wal`);
    syncs.set(db, sync);
    const close = () => {
      sync.close();
      db.close();
      lock.close();
    };
    return { db, boot, close };
  } catch (error) {
    lock.close();
    if (error instanceof StoreError) throw error;
    const remedy = isBroken(error)
      ? `; put a copy in its place with alert-bot restore, or move ${LOG_FILE}* away to begin a new log`
      : '';
    throw new StoreError(`the incident log in ${dataDir} cannot be opened: ${text(error)}${remedy}`);
  }
}

/**
 * Node has no flock. A database held with an exclusive lock is one, and the kernel frees it when the
 * process dies in whatever way. Close it to let go.
 * @throws StoreError where another process holds it
 */
export function takeLock(dataDir: string): Db {
  const lock = openLock(dataDir);
  try {
    lock.pragma('locking_mode = EXCLUSIVE');
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    if (isBusy(error))
      throw new StoreError(
        `another alert-bot is using ${dataDir}; stop it, or give this one its own ALERT_BOT_DATA_DIR`,
      );
    throw new StoreError(`${dataDir} cannot be locked: ${text(error)}`);
  }
}

function openLock(dataDir: string): Db {
  const file = join(dataDir, 'lock.db');
  try {
    const lock = new Database(file, { timeout: 0 });
    // Who can read it can hold a lock on it, and so keep the bot from starting.
    chmodSync(file, 0o600);
    return lock;
  } catch (error) {
    throw new StoreError(
      `ALERT_BOT_DATA_DIR=${dataDir} cannot be used: ${text(error)}; name a folder that can be written`,
    );
  }
}

function setPragmas(db: Db): void {
  // Before WAL, which writes the first page.
  wantIncrementalVacuum(db);
  db.pragma('journal_mode = WAL');
  // With WAL alone better-sqlite3 uses NORMAL, which syncs at checkpoints only: G1 needs every commit.
  db.pragma('synchronous = FULL');
  const FULL = 2;
  if (db.pragma('synchronous', { simple: true }) !== FULL)
    throw new StoreError('SQLite refused synchronous=FULL, so that nothing could be acknowledged safely');
  // A held lock must not block the event loop: `write` retries and yields instead.
  db.pragma('busy_timeout = 0');
  // SQLite says nothing where its own one fails: see moveLongWal.
  db.pragma('wal_autocheckpoint = 0');
  db.pragma('foreign_keys = ON');
}

function nextBoot(db: Db): number {
  const row = db.prepare("UPDATE meta SET value = value + 1 WHERE key = 'boot' RETURNING value").pluck();
  return Number(row.get());
}

/** How long a write waits for somebody else's lock, such as a person's shell on the log. */
const LOCK_PATIENCE = 4_000;

/** What the last write failed of, for each log that could not be written then. */
const troubles = new WeakMap<Db, string>();

/** Why the log cannot be written, as the last write found it, or null (G14). */
export const writeTrouble = (db: Db): string | null => troubles.get(db) ?? null;

/** Set where a log was opened, for `synced`. */
const syncs = new WeakMap<Db, LogSync>();
/** Logs in trouble that were written to since: out of it when that is synced. */
const writtenSince = new WeakSet<Db>();
/** Logs of which something may not be on the disk though a later sync succeeds: the kernel drops what it could not write, and says so once. */
const uncertain = new WeakSet<Db>();

/**
 * Runs a function in one transaction, synced to disk when the promise resolves. The function must not
 * await: gather first, write, then act.
 * @throws StoreError where the log cannot be written (locked, full, broken)
 */
export const write = <T>(db: Db, fn: () => T, patience: Millis = LOCK_PATIENCE): Promise<T> =>
  transact(
    db,
    () => {
      const result = commit(db, fn);
      if (writtenSince.delete(db)) troubles.delete(db);
      return result;
    },
    patience,
  );

/**
 * The same without the sync: everybody sees it at once, and it is on the disk with the next `write` or `synced`. A power failure
 * before loses it, so it is for what nobody was told of yet, or what follows from what is on the disk already.
 * @throws StoreError as `write`
 */
export const writeAhead = <T>(db: Db, fn: () => T): Promise<T> =>
  transact(
    db,
    () => {
      // SQLite goes on syncing where the order of writes matters: before the write-ahead log is moved into the file.
      db.exec('PRAGMA synchronous = NORMAL');
      try {
        return commit(db, fn);
      } finally {
        db.exec('PRAGMA synchronous = FULL');
      }
    },
    LOCK_PATIENCE,
  );

/**
 * Resolves when everything that was written is on the disk. Where that is slow the event loop is free meanwhile, unlike in `write`.
 * @throws StoreError where the disk fails. What was written stays in the log, and may be lost when the power fails.
 */
export async function synced(db: Db): Promise<void> {
  try {
    await syncs.get(db)?.synced();
  } catch (error) {
    uncertain.add(db);
    throw inTrouble(db, error);
  }
  // What follows a gap in the write-ahead log is not read again after a power failure, though it was synced itself.
  if (uncertain.has(db)) throw inTrouble(db, new Error('a sync before has failed'));
  if (writtenSince.delete(db)) troubles.delete(db);
}

function commit<T>(db: Db, fn: () => T): T {
  const changesBefore = troubles.has(db) ? changesOf(db) : null;
  const result = db.transaction(fn).immediate();
  // A transaction that changes nothing writes nothing, and is committed on a full disk as well.
  if (changesBefore !== null && changesOf(db) !== changesBefore) writtenSince.add(db);
  return result;
}

/** Ends when no request waits for a slow disk; null where none does. */
export const crowdAtDisk = (db: Db): Promise<void> | null => syncs.get(db)?.crowd() ?? null;

async function transact<T>(db: Db, commit: () => T, patience: Millis): Promise<T> {
  // Somebody has waited in vain for the same lock: those behind would wait one after the other, and each pass of the engine.
  const giveUpAt = performance.now() + (troubles.has(db) ? 0 : patience);
  for (;;) {
    try {
      if (uncertain.has(db)) makeCertain(db);
      const result = commit();
      moveLongWal(db);
      return result;
    } catch (error) {
      // A broken constraint is a defect of ours, not the disk's.
      if (!cannotWrite(error)) throw error;
      if (isSqlite(error) && error.code.startsWith('SQLITE_IOERR')) uncertain.add(db);
      if (!isBusy(error) || performance.now() > giveUpAt) throw inTrouble(db, error);
      await delay(10);
    }
  }
}

/** Writes all that the write-ahead log has into the file, and syncs that: only so is it known to be on the disk after a sync that failed. */
function makeCertain(db: Db): void {
  if (!emptyWal(db))
    throw new Database.SqliteError('somebody reads what is to be written anew', 'SQLITE_BUSY');
  uncertain.delete(db);
}

/** @returns whether nothing is left in it; somebody who reads keeps it */
const emptyWal = (db: Db): boolean => db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').pluck().get() === 0;

/** In pages of 4 kB: under a flood the same pages of the indexes are written again and again, and are moved into the file less often. */
const LONG_WAL = 4_000;
const walState = z.tuple([z.number(), z.number(), z.number()]);

/**
 * Moves the write-ahead log into the file where it is longer than so many pages. After a commit, which stands whatever becomes of
 * this. Nothing else is done meanwhile, and pages from all over a large file take long: whoever writes such ones moves them sooner.
 */
export function moveLongWal(db: Db, longest = LONG_WAL): void {
  try {
    const [, pages, moved] = walState.parse(db.prepare('PRAGMA wal_checkpoint(NOOP)').raw().get());
    if (pages - moved >= longest) db.exec('PRAGMA wal_checkpoint(PASSIVE)');
  } catch (error) {
    if (!cannotWrite(error)) throw error;
    // It syncs first what was not yet.
    uncertain.add(db);
    inTrouble(db, error);
  }
}

function inTrouble(db: Db, error: unknown): StoreError {
  const trouble = `the incident log cannot be written: ${text(error)}`;
  troubles.set(db, trouble);
  writtenSince.delete(db);
  return new StoreError(trouble, { cause: error });
}

type Runner = Database.Transaction<(work: () => unknown) => unknown>;
/** Made once a log: made for each alert anew they are a twentieth of all the time under a thousand deliveries a second. */
const runners = new WeakMap<Db, Runner>();

/**
 * Runs a function in a savepoint: what fails in it is undone alone. Only inside `write` and `writeAhead`.
 * @throws what the function throws
 */
export function savepoint<T>(db: Db, fn: () => T): T {
  const run: Runner = runners.get(db) ?? db.transaction((work: () => unknown) => work());
  runners.set(db, run);
  const results: T[] = [];
  run(() => {
    const result = fn();
    results.push(result);
    // It refuses a promise, whose work would be done after the commit.
    return result;
  });
  for (const result of results) return result;
  throw new Error('a savepoint ended without having run');
}

const changesOf = (db: Db): unknown => db.prepare('SELECT total_changes()').pluck().get();

/** Whether it is the log that fails (locked, full, broken): nothing more can be written, whatever it is. */
export const cannotWrite = (error: unknown): boolean => isSqlite(error) && CANNOT_WRITE.test(error.code);

const CANNOT_WRITE = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|NOMEM|PERM|PROTOCOL)/;
const isSqlite = (error: unknown): error is InstanceType<typeof Database.SqliteError> =>
  error instanceof Database.SqliteError;
const isBroken = (error: unknown): boolean => isSqlite(error) && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code);
const isBusy = (error: unknown): boolean => isSqlite(error) && error.code.startsWith('SQLITE_BUSY');
const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));
