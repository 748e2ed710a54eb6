import type { Instant } from '../domain/duration.ts';
import { PERSONS_STOPS } from '../domain/reason.ts';
import type { Db } from './db.ts';
import { rankOf } from './queue.ts';
import { numbers, texts } from './row.ts';

// Who a storm holds, and in which order they go. Each question is asked of the log as it is.

/** What belongs to it and is not none of ours. `m` is the incident. */
const MEMBERS = "FROM incidents m WHERE m.storm_id = :storm AND m.outcome IS NOT 'dismissed'";

export const countMembers = (db: Db, storm: number): number =>
  Number(db.prepare(`SELECT count(*) ${MEMBERS}`).pluck().get({ storm }));

/** The first of its incidents, oldest first, by the name that a person knows them by. */
export const nameMembers = (db: Db, storm: number, limit: number): string[] =>
  texts.parse(
    db
      .prepare(`SELECT coalesce(m.service, m.title) ${MEMBERS} ORDER BY m.id LIMIT :limit`)
      .pluck()
      .all({ storm, limit }),
  );

/** How many it holds now. */
export const countHeld = (db: Db, storm: number): number =>
  Number(
    db
      .prepare(`SELECT count(*) ${MEMBERS} AND m.status = 'deferred' AND m.reason = 'storm'`)
      .pluck()
      .get({ storm }),
  );

/**
 * Whether a storm has work left: what waits and will be acted on or told within its deadline, what is acted on or
 * proven. What a person stopped, or is asked about, has no end of its own and does not keep it.
 */
export const hasWork = (db: Db, storm: number): boolean =>
  db
    .prepare(
      `SELECT 1 ${MEMBERS} AND (m.status IN ('new', 'queued', 'acting')
         OR (m.status = 'deferred' AND coalesce(m.reason, '') NOT IN (SELECT value FROM json_each(:stops)))
         OR EXISTS (SELECT 1 FROM attempts a WHERE a.incident_id = m.id AND a.ended_at IS NULL)) LIMIT 1`,
    )
    .get({ storm, stops: JSON.stringify([...PERSONS_STOPS, 'approval_required']) }) !== undefined;

/** How many of its incidents a person has through its page alone. */
export const countToldByIt = (db: Db, storm: number): number =>
  Number(
    db
      .prepare(
        `SELECT count(*) ${MEMBERS} AND m.status = 'escalated'
           AND NOT EXISTS (SELECT 1 FROM escalations e WHERE e.incident_id = m.id)`,
      )
      .pluck()
      .get({ storm }),
  );

/** Writes whether an incident would be acted on but for the others (policy/storm.ts). */
export function standInLine(db: Db, incident: number, stands: boolean): void {
  db.prepare('UPDATE incidents SET in_line = :stands WHERE id = :incident AND in_line <> :stands').run({
    incident,
    stands: stands ? 1 : 0,
  });
}

/** What the storm defers belongs to it, also what began long before it. */
export function holdIn(db: Db, storm: number, incident: number): void {
  db.prepare('UPDATE incidents SET storm_id = :storm WHERE id = :incident AND storm_id IS NOT :storm').run({
    storm,
    incident,
  });
}

/**
 * What was begun is ended first; then what others depend on, the severest, the oldest. What came after the release stands
 * behind all of these, in the order in which it came: else a stream of severe ones would hold up the rest for ever.
 * `i` is the incident.
 */
const PLACE = `NOT EXISTS (SELECT 1 FROM attempts a WHERE a.incident_id = i.id AND a.outcome <> 'not_called'),
  CASE WHEN i.opened_at > (SELECT s.released_at FROM storms s WHERE s.id = i.storm_id) THEN i.id ELSE 0 END,
  i.depth, ${rankOf('i.severity')}, i.id`;
const IN_LINE = `FROM incidents i WHERE i.storm_id = :storm AND i.in_line = 1
  AND i.status IN ('new', 'deferred', 'queued')`;

/** Incidents with an attempt that is not over: called or to be called, or being proven. */
const underWay = (db: Db, but: number | null): number[] =>
  numbers.parse(
    db
      .prepare(
        `SELECT incident_id FROM attempts INDEXED BY attempts_one_open_per_target
         WHERE ended_at IS NULL AND incident_id IS NOT ? ORDER BY incident_id`,
      )
      .pluck()
      .all(but),
  );

/**
 * Who goes before an incident where one goes at a time: what is under way, and who stands before it in the line.
 * What was begun asks nobody in the line.
 */
export function goBefore(
  db: Db,
  storm: number,
  incident: { id: number; status: string },
  limit: number,
): number[] {
  const busy = underWay(db, incident.id);
  if (incident.status === 'acting' || incident.status === 'proving') return busy.slice(0, limit);
  const line = numbers.parse(
    db
      .prepare(
        `SELECT i.id ${IN_LINE} AND i.id <> :incident
           AND (${PLACE}) < (SELECT ${PLACE} FROM incidents i WHERE i.id = :incident)
         ORDER BY ${PLACE} LIMIT :limit`,
      )
      .pluck()
      .all({ storm, incident: incident.id, limit }),
  );
  return [...new Set([...busy, ...line])].slice(0, limit);
}

/**
 * Whom to look at now: the incident whose turn it is, or, where nobody stands in the line, all that are held, as each
 * may go or be told of.
 * @returns null where something is under way, or they are about to be looked at anyway
 */
export function nextInLine(db: Db, storm: number, now: Instant): number | 'all' | null {
  if (underWay(db, null).length > 0) return null;
  const first = db.prepare(`SELECT i.id ${IN_LINE} ORDER BY ${PLACE} LIMIT 1`).pluck().get({ storm });
  const waits = db
    .prepare(
      `SELECT 1 ${MEMBERS} AND m.status = 'deferred' AND m.reason = 'storm' AND m.next_look_at > :now
         AND (:first IS NULL OR m.id = :first) LIMIT 1`,
    )
    .get({ storm, now, first: first ?? null });
  if (waits === undefined) return null;
  return typeof first === 'number' ? first : 'all';
}

/** Has an incident, or all that a storm holds (null), looked at at once. */
export function lookAtHeld(db: Db, storm: number, incident: number | null, now: Instant): void {
  db.prepare(
    `UPDATE incidents SET next_look_at = :now WHERE storm_id = :storm AND status = 'deferred' AND reason = 'storm'
       AND (:incident IS NULL OR id = :incident)`,
  ).run({ storm, incident, now });
}
