import type { Bytes } from '../domain/bytes.ts';
import type { Db } from './db.ts';

// The file of the log. Pages that rows were removed from are free: used again first, and given back in small steps.

const pragma = (db: Db, name: string): number => Number(db.pragma(name, { simple: true }));

/** What the rows take up. */
export const usedBytes = (db: Db): Bytes =>
  (pragma(db, 'page_count') - pragma(db, 'freelist_count')) * pragma(db, 'page_size');

/** What the file takes up, free pages and all, without the write-ahead log beside it. */
export const fileBytes = (db: Db): Bytes => pragma(db, 'page_count') * pragma(db, 'page_size');

/** Free pages that are kept, because the next rows need them. */
const SPARE_PAGES = 256;
const PAGES_AT_ONCE = 16;

/** Gives a few free pages back to the file system. Call it inside a transaction. @returns whether there were any */
export function giveBack(db: Db): boolean {
  const free = pragma(db, 'freelist_count');
  if (free <= SPARE_PAGES) return false;
  db.pragma(`incremental_vacuum(${Math.min(PAGES_AT_ONCE, free - SPARE_PAGES)})`);
  // A log that could not be rebuilt (see migrate.ts) keeps its pages.
  return pragma(db, 'freelist_count') < free;
}
