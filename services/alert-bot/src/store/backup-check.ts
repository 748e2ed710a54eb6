import Database from 'better-sqlite3';
import { z } from 'zod';
import type { Bytes } from '../domain/bytes.ts';
import type { Instant } from '../domain/duration.ts';
import { lastLogTime } from './controls.ts';
import type { Db } from './db.ts';
import { refuseNewer, versionOf } from './migrate.ts';
import { fileBytes } from './space.ts';
import { StoreError } from './store-error.ts';

/** What is in a copy of a log. */
export interface CopyFacts {
  version: number;
  incidents: number;
  size: Bytes;
  /** The latest time in it. */
  until: Instant;
}

/**
 * Opens a copy of a log, which nobody else has open, and makes sure that it is one and whole.
 * @param named what a person calls it in the message
 * @throws StoreError where it is no log, damaged, or of a newer version
 */
export function checkCopy(file: string, named: string): CopyFacts {
  const db = openReadonly(file, named);
  try {
    refuseStrange(db, named);
    refuseNewer(db, named);
    refuseDamaged(db, named);
    const incidents = Number(db.prepare('SELECT count(*) FROM incidents').pluck().get());
    return { version: versionOf(db), incidents, size: fileBytes(db), until: lastLogTime(db) };
  } catch (error) {
    throw error instanceof StoreError ? error : notALog(named, error);
  } finally {
    db.close();
  }
}

function openReadonly(file: string, named: string): Db {
  try {
    return new Database(file, { readonly: true, fileMustExist: true });
  } catch (error) {
    throw notALog(named, error);
  }
}

const OURS = ['audit', 'deliveries', 'incidents', 'meta', 'targets'];

function refuseStrange(db: Db, named: string): void {
  const tables = z
    .array(z.string())
    .parse(db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all());
  if (versionOf(db) < 1 || !OURS.every((table) => tables.includes(table)))
    throw notALog(named, 'its tables are others');
}

function refuseDamaged(db: Db, named: string): void {
  const found = db.pragma('integrity_check(1)', { simple: true });
  if (found !== 'ok') throw new StoreError(`${named} is damaged (${String(found)}): use another copy`);
  if (z.array(z.unknown()).parse(db.pragma('foreign_key_check')).length > 0)
    throw new StoreError(`${named} is damaged (rows refer to others that are not there): use another copy`);
}

const notALog = (named: string, why: unknown): StoreError =>
  new StoreError(
    `${named} is no incident log (${why instanceof Error ? why.message : String(why)}): name a file that alert-bot backup made`,
  );

/**
 * Makes a copy one file that needs no other beside it, and notes in it what became of it.
 * @param change more to write, in the same transaction
 */
export function sealCopy(
  file: string,
  notes: Readonly<Record<string, number>>,
  change?: (db: Db) => void,
): void {
  const db = new Database(file);
  try {
    db.pragma('journal_mode = DELETE');
    db.transaction(() => {
      const note = db.prepare(
        'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
      );
      for (const [key, value] of Object.entries(notes)) note.run(key, value);
      change?.(db);
    })();
  } finally {
    db.close();
  }
}
