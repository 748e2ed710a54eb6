import Database from 'better-sqlite3';
import type { Instant, Millis } from '../domain/duration.ts';
import type { TargetId } from '../domain/target.ts';
import type { Db } from './db.ts';

/** Older incidents of other targets bear on nothing: the longest window of any limit is a day. */
const RECENT: Millis = 48 * 3_600_000;

/** What a decision reads whole. The rest is copied for some incidents, or not at all. */
const WHOLE = ['attempts', 'targets', 'pauses', 'storms', 'leaps', 'meta'];
const OF_INCIDENTS = ['episodes', 'approvals'];

/**
 * Copies what a decision about some targets reads into memory, so that it can be tried what would be written:
 * nothing of that reaches the log. One consistent reading; it holds no lock on the log.
 * @returns a log in memory; close it
 */
export function scratchCopy(db: Db, targets: readonly TargetId[], now: Instant): Db {
  const copy = new Database(':memory:');
  try {
    // Rows refer to rows that were left out.
    copy.pragma('foreign_keys = OFF');
    copy.prepare('ATTACH ? AS log').run(db.name);
    copy.transaction(() => {
      for (const sql of schemaOf(copy)) copy.exec(sql);
      fill(copy, JSON.stringify(targets), now - RECENT);
    })();
    copy.exec('DETACH log');
    return copy;
  } catch (error) {
    copy.close();
    throw error;
  }
}

/** Tables before what stands on them, as they were made; SQLite's own make themselves. */
function schemaOf(copy: Db): string[] {
  return copy
    .prepare(
      `SELECT sql FROM log.sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!'
       ORDER BY type <> 'table', rowid`,
    )
    .pluck()
    .all()
    .map(String);
}

function fill(copy: Db, targets: string, recent: Instant): void {
  copy
    .prepare(
      `INSERT INTO main.incidents SELECT * FROM log.incidents
       WHERE status <> 'closed' OR opened_at > :recent OR closed_at > :recent
         OR target_id IN (SELECT value FROM json_each(:targets))`,
    )
    .run({ targets, recent });
  for (const table of WHOLE) copy.exec(`INSERT OR REPLACE INTO main.${table} SELECT * FROM log.${table}`);
  for (const table of OF_INCIDENTS)
    copy.exec(
      `INSERT INTO main.${table} SELECT * FROM log.${table} WHERE incident_id IN (SELECT id FROM main.incidents)`,
    );
  // The facts of old decisions are large, and nothing reads them.
  copy.exec(
    `INSERT INTO main.decisions SELECT * FROM log.decisions
     WHERE incident_id IN (SELECT id FROM main.incidents WHERE status <> 'closed')`,
  );
  copy
    .prepare(
      `INSERT INTO main.calls SELECT * FROM log.calls WHERE attempt_id IN
         (SELECT id FROM main.attempts WHERE target_id IN (SELECT value FROM json_each(?)))`,
    )
    .run(targets);
  // Numbers go on where the log's end, so that no new row takes the number of one that was left out.
  copy.exec('INSERT OR REPLACE INTO main.sqlite_sequence SELECT * FROM log.sqlite_sequence');
}
