import { z } from 'zod';
import type { Alert, AlertSource } from '../domain/alert.ts';
import type { Instant } from '../domain/duration.ts';
import type { Db } from './db.ts';
import { keepObservations } from './observations.ts';
import { instant, json, labels, maybeInstant, numbers, texts } from './row.ts';

export type ClosedBy = 'resolved' | 'absent' | 'expired' | 'proven';

const episodeRow = z
  .object({
    id: z.number(),
    fingerprint: z.string(),
    source: z.enum(['alertmanager', 'manual']),
    labels: json(labels),
    annotations: json(labels),
    generator_url: z.string(),
    starts_at: instant,
    opened_at: instant,
    last_seen_at: instant,
    absent_since: maybeInstant,
    closed_at: maybeInstant,
    closed_by: z.enum(['resolved', 'absent', 'expired', 'proven']).nullable(),
    incident_id: z.number(),
  })
  .transform((r) => ({
    id: r.id,
    fingerprint: r.fingerprint,
    source: r.source,
    labels: r.labels,
    annotations: r.annotations,
    generatorURL: r.generator_url,
    startsAt: r.starts_at,
    openedAt: r.opened_at,
    lastSeenAt: r.last_seen_at,
    absentSince: r.absent_since,
    closedAt: r.closed_at,
    closedBy: r.closed_by,
    incident: r.incident_id,
  }));
export type Episode = z.output<typeof episodeRow>;

export function openEpisode(db: Db, alert: Alert, source: AlertSource, incident: number, now: Instant): void {
  db.prepare(
    `INSERT INTO episodes (fingerprint, source, labels, annotations, generator_url, starts_at, opened_at,
       last_seen_at, incident_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    alert.fingerprint,
    source,
    JSON.stringify(alert.labels),
    JSON.stringify(alert.annotations),
    alert.generatorURL,
    alert.startsAt,
    now,
    now,
    incident,
  );
}

/** The unbroken time of firing of a fingerprint that is going on, if any. */
export function openEpisodeOf(db: Db, fingerprint: string): Episode | undefined {
  const row = db
    .prepare('SELECT * FROM episodes WHERE fingerprint = ? AND closed_at IS NULL')
    .get(fingerprint);
  return row === undefined ? undefined : episodeRow.parse(row);
}

/** Every episode that is open, oldest first. */
export const openEpisodeIds = (db: Db): number[] =>
  numbers.parse(
    db
      .prepare('SELECT id FROM episodes INDEXED BY episodes_open WHERE closed_at IS NULL ORDER BY id')
      .pluck()
      .all(),
  );

/** The alerts that fire as far as is known. */
export const openFingerprints = (db: Db): string[] =>
  texts.parse(
    db
      .prepare('SELECT fingerprint FROM episodes INDEXED BY episodes_one_open WHERE closed_at IS NULL')
      .pluck()
      .all(),
  );

export function openEpisodeById(db: Db, id: number): Episode | undefined {
  const row = db.prepare('SELECT * FROM episodes WHERE id = ? AND closed_at IS NULL').get(id);
  return row === undefined ? undefined : episodeRow.parse(row);
}

/** When the alert of a fingerprint was last known to have ended: not by a reading, nor because nobody resolved it. */
export function lastEndedAt(db: Db, fingerprint: string): Instant | null {
  const at = db
    .prepare(
      "SELECT max(closed_at) FROM episodes WHERE fingerprint = ? AND closed_by IN ('resolved', 'proven')",
    )
    .pluck()
    .get(fingerprint);
  return typeof at === 'number' ? at : null;
}

const ongoing = z.object({
  id: z.number(),
  source: z.enum(['alertmanager', 'manual']),
  incident: z.number(),
  lastSeenAt: z.number(),
});

/** The same as `openEpisodeOf`, without what the alert says: a repeat needs no more, and most alerts are repeats. */
export function ongoingEpisodeOf(db: Db, fingerprint: string): z.output<typeof ongoing> | undefined {
  const row = db
    .prepare(
      `SELECT id, source, incident_id AS incident, last_seen_at AS lastSeenAt FROM episodes
       WHERE fingerprint = ? AND closed_at IS NULL`,
    )
    .get(fingerprint);
  return row === undefined ? undefined : ongoing.parse(row);
}

/** Every episode of an incident, oldest first. */
export function episodesOf(db: Db, incident: number): Episode[] {
  return db
    .prepare('SELECT * FROM episodes WHERE incident_id = ? ORDER BY id')
    .all(incident)
    .map((row) => episodeRow.parse(row));
}

/** Whether an alert of an incident fires: asked of every open incident each second, so without reading what it says. */
export const hasOpenEpisode = (db: Db, incident: number): boolean =>
  db.prepare('SELECT 1 FROM episodes WHERE incident_id = ? AND closed_at IS NULL LIMIT 1').get(incident) !==
  undefined;

/** Whether an incident has alerts, and none of them fires any more. */
export const haveEnded = (db: Db, incident: number): boolean =>
  !hasOpenEpisode(db, incident) &&
  db.prepare('SELECT 1 FROM episodes WHERE incident_id = ? LIMIT 1').get(incident) !== undefined;

/** The alert was seen firing. */
export function sawEpisode(db: Db, id: number, now: Instant): void {
  db.prepare('UPDATE episodes SET last_seen_at = ?, absent_since = NULL WHERE id = ?').run(now, id);
}

/**
 * Alertmanager has an alert that was known from a hand-written one only: from now on it says what fires and
 * what is silenced.
 */
export function adoptEpisode(db: Db, id: number, alert: Alert): void {
  db.prepare(
    "UPDATE episodes SET source = 'alertmanager', generator_url = ?, starts_at = ?, absent_since = NULL WHERE id = ?",
  ).run(alert.generatorURL, alert.startsAt, id);
}

/** A reading of Alertmanager did not have the alert: the first of the two that close it. */
export function missedEpisode(db: Db, id: number, now: Instant): void {
  keepObservations(db);
  db.prepare('UPDATE episodes SET absent_since = coalesce(absent_since, ?) WHERE id = ?').run(now, id);
}

/** Closes an episode; an incident none of whose alerts fires any more is looked at at once, whatever it waits for. */
export function closeEpisode(db: Db, id: number, by: ClosedBy, now: Instant): void {
  keepObservations(db);
  db.prepare('UPDATE episodes SET closed_at = ?, closed_by = ? WHERE id = ?').run(now, by, id);
  db.prepare(
    `UPDATE incidents SET next_look_at = min(next_look_at, :now)
     WHERE id = (SELECT incident_id FROM episodes WHERE id = :id)
       AND NOT EXISTS (SELECT 1 FROM episodes e WHERE e.incident_id = incidents.id AND e.closed_at IS NULL)`,
  ).run({ id, now });
}

/** Hands an open episode to another incident: its last one was dismissed and the answer has changed. */
export function moveEpisode(db: Db, id: number, incident: number): void {
  db.prepare('UPDATE episodes SET incident_id = ? WHERE id = ?').run(incident, id);
}
