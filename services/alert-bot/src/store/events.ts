import { z } from 'zod';
import type { Instant } from '../domain/duration.ts';
import type { Db } from './db.ts';
import { instant, json } from './row.ts';

/** What kinds of rows a timeline has. */
export type EventKind =
  | 'alert'
  | 'status'
  | 'decision'
  | 'approval'
  | 'attempt'
  | 'evidence'
  | 'proof'
  | 'escalation'
  | 'person';

/** Adds a row to the timeline of an incident. */
export function addEvent(
  db: Db,
  incident: number,
  at: Instant,
  kind: EventKind,
  text: string,
  data: Readonly<Record<string, unknown>> = {},
): void {
  db.prepare('INSERT INTO events (incident_id, at, kind, text, data) VALUES (?, ?, ?, ?, ?)').run(
    incident,
    at,
    kind,
    text,
    JSON.stringify(data),
  );
}

const eventRow = z.object({
  at: instant,
  kind: z.string(),
  text: z.string(),
  data: json(z.record(z.string(), z.unknown())),
});

export function eventsOf(db: Db, incident: number) {
  return db
    .prepare('SELECT at, kind, text, data FROM events WHERE incident_id = ? ORDER BY id')
    .all(incident)
    .map((row) => eventRow.parse(row));
}

const newsRow = z.object({
  id: z.number(),
  incident: z.number(),
  target: z.string().nullable(),
  title: z.string(),
  at: instant,
  kind: z.string(),
  text: z.string(),
});

/** What happened after an event, over all incidents, in the order in which it was written. */
export function eventsAfter(db: Db, after: number, limit: number) {
  return db
    .prepare(
      `SELECT e.id, e.incident_id AS incident, i.target_id AS target, i.title, e.at, e.kind, e.text
       FROM events e JOIN incidents i ON i.id = e.incident_id WHERE e.id > ? ORDER BY e.id LIMIT ?`,
    )
    .all(after, limit)
    .map((row) => newsRow.parse(row));
}

/** The id of the latest event; 0 where nothing has happened yet. */
export const lastEvent = (db: Db): number =>
  Number(db.prepare('SELECT coalesce(max(id), 0) FROM events').pluck().get());

/** Names the state of the log as far as people see it: what happened, and what they did. */
export const lastChange = (db: Db): string =>
  String(
    db
      .prepare(
        `SELECT coalesce((SELECT max(id) FROM events), 0) || '-' || coalesce((SELECT max(id) FROM audit), 0)`,
      )
      .pluck()
      .get(),
  );
