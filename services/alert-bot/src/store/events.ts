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
