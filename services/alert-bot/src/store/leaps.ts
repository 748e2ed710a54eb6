import type { Instant, Millis } from '../domain/duration.ts';
import type { Db } from './db.ts';

// Log time never goes back, but it may leap: the wall clock was wrong, or the machine slept. Windows that look back (budgets,
// cooldowns, the targets of the last minutes) are not to be over for it.

/**
 * SQL for a time in the log as such windows count it: later by every leap that came after it.
 * @param column a column of times, or an expression; NULL stays NULL
 */
export const carried = (column: string): string =>
  `(${column} + coalesce((SELECT sum(leaps.by) FROM leaps WHERE leaps.at >= ${column}), 0))`;

export function recordLeap(db: Db, by: Millis, now: Instant): void {
  db.prepare('INSERT INTO leaps (at, by) VALUES (?, ?)').run(now, by);
}

/** How much log time has leapt in all that is remembered: so much farther back lies what a window may still need. */
export const leaptInAll = (db: Db): Millis =>
  Number(db.prepare('SELECT coalesce(sum(by), 0) FROM leaps').pluck().get());

/** What lies before it is over for every window. @returns rows removed */
export const pruneLeaps = (db: Db, before: Instant): number =>
  db.prepare('DELETE FROM leaps WHERE at < ?').run(before).changes;

/** Keeps that the clock has jumped and everything is held; 0 where that is over. */
export function recordJump(db: Db, by: Millis): void {
  db.prepare("UPDATE meta SET value = ? WHERE key = 'jumped'").run(by);
}

/** By how much the clock has jumped where that still held everything when the log was last written; else null. */
export function jumpInLog(db: Db): Millis | null {
  const by = Number(db.prepare("SELECT value FROM meta WHERE key = 'jumped'").pluck().get());
  return by === 0 ? null : by;
}
