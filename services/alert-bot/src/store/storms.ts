import { z } from 'zod';
import type { Instant } from '../domain/duration.ts';
import type { Db } from './db.ts';
import { carried } from './leaps.ts';
import { instant, maybeInstant } from './row.ts';

const stormRow = z
  .object({
    id: z.number(),
    incident_id: z.number(),
    began_at: instant,
    held_since: instant,
    last_incident_at: instant,
    released_at: maybeInstant,
    ended_at: maybeInstant,
  })
  .transform((r) => ({
    id: r.id,
    /** The incident of the storm itself, which no alert belongs to. */
    incident: r.incident_id,
    beganAt: r.began_at,
    /** The same, later by every leap of the clock since. */
    heldSince: r.held_since,
    lastIncidentAt: r.last_incident_at,
    /** When it was found to be calm, or a person released it; null while it is held. */
    releasedAt: r.released_at,
    endedAt: r.ended_at,
  }));
export type Storm = z.output<typeof stormRow>;

const COLUMNS = `s.*, ${carried('s.began_at')} AS held_since`;

/** The storm that is not over, if any: there is one at most. */
export function openStorm(db: Db): Storm | undefined {
  const row = db.prepare(`SELECT ${COLUMNS} FROM storms s WHERE s.ended_at IS NULL`).get();
  return row === undefined ? undefined : stormRow.parse(row);
}

export function stormById(db: Db, id: number): Storm | undefined {
  const row = db.prepare(`SELECT ${COLUMNS} FROM storms s WHERE s.id = ?`).get(id);
  return row === undefined ? undefined : stormRow.parse(row);
}

/**
 * Storms whose own incident is open: that of a storm that is over stays while only its page tells of something. `+` has the open
 * ones looked through, of which there are few, and not all that ever had no target.
 */
export function unfinishedStorms(db: Db): Storm[] {
  return db
    .prepare(
      `SELECT ${COLUMNS} FROM incidents i JOIN storms s ON s.incident_id = i.id
       WHERE i.status <> 'closed' AND +i.target_id IS NULL ORDER BY s.id`,
    )
    .all()
    .map((row) => stormRow.parse(row));
}

/** Whether an incident is the one of a storm itself. */
export const isStorm = (db: Db, incident: { id: number; target: string | null }): boolean =>
  incident.target === null &&
  db.prepare('SELECT 1 FROM storms WHERE incident_id = ?').get(incident.id) !== undefined;

/** @param incident of the storm itself */
export function beginStorm(db: Db, incident: number, now: Instant): number {
  return Number(
    db
      .prepare('INSERT INTO storms (incident_id, began_at, last_incident_at) VALUES (?, ?, ?) RETURNING id')
      .pluck()
      .get(incident, now, now),
  );
}

/** A new trouble came: it is held, from now on for `calm`. */
export function holdStorm(db: Db, storm: number, now: Instant): void {
  db.prepare('UPDATE storms SET last_incident_at = ?, released_at = NULL WHERE id = ?').run(now, storm);
}

export function releaseStorm(db: Db, storm: number, at: Instant): void {
  db.prepare('UPDATE storms SET released_at = ? WHERE id = ?').run(at, storm);
}

export function endStorm(db: Db, storm: number, now: Instant): void {
  db.prepare('UPDATE storms SET ended_at = ? WHERE id = ?').run(now, storm);
}

/**
 * What makes two incidents the same trouble again: the target, or without one the alert. A repeat of it is no
 * sign of a storm. `i` is the incident.
 */
const TROUBLE = `coalesce(i.target_id,
  (SELECT min(e.fingerprint) FROM episodes e WHERE e.incident_id = i.id), i.id)`;

/** Incidents opened after `:since` with one of the playbooks, but for those that turned out to be none of ours. */
const NEW_ONES = `FROM incidents i WHERE ${carried('i.opened_at')} > :since
  AND i.opened_at > :since - (SELECT coalesce(sum(by), 0) FROM leaps) AND i.outcome IS NOT 'dismissed'
  AND i.playbook IN (SELECT value FROM json_each(:playbooks)) AND i.storm_id IS :storm`;

export interface Window {
  since: Instant;
  /** The names of those that may act. */
  playbooks: readonly string[];
  /** Counts what belongs to this storm; null is what belongs to none. */
  storm: number | null;
}

const bound = ({ since, playbooks, storm }: Window) => ({
  since,
  storm,
  playbooks: JSON.stringify(playbooks),
});

/** How many different troubles began in a window. */
export const troublesIn = (db: Db, window: Window): number =>
  Number(db.prepare(`SELECT count(DISTINCT ${TROUBLE}) ${NEW_ONES}`).pluck().get(bound(window)));

/** What began just before the storm belongs to it. */
export function joinWindow(db: Db, storm: number, window: Window): void {
  db.prepare(`UPDATE incidents SET storm_id = :id WHERE id IN (SELECT i.id ${NEW_ONES})`).run({
    ...bound(window),
    id: storm,
  });
}

/** @returns whether it is a trouble that the storm did not have yet */
export function joinStorm(db: Db, storm: number, incident: number): boolean {
  db.prepare('UPDATE incidents SET storm_id = ? WHERE id = ?').run(storm, incident);
  // By the target or by the alert, and not by comparing with each of its incidents: a storm may have thousands.
  const again = db
    .prepare(
      `SELECT 1 FROM incidents own JOIN incidents i ON i.target_id = own.target_id
         WHERE own.id = :incident AND i.id <> own.id AND +i.storm_id = :storm
       UNION ALL
       SELECT 1 FROM incidents own JOIN episodes e ON e.incident_id = own.id
         JOIN episodes same ON same.fingerprint = e.fingerprint JOIN incidents i ON i.id = same.incident_id
         WHERE own.id = :incident AND own.target_id IS NULL AND i.target_id IS NULL AND i.id <> own.id AND i.storm_id = :storm
       LIMIT 1`,
    )
    .get({ storm, incident });
  return again === undefined;
}
