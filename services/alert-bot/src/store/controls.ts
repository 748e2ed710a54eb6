import { z } from 'zod';
import type { Instant } from '../domain/duration.ts';
import type { Db } from './db.ts';
import { instant, maybeInstant } from './row.ts';

/** What is kept where a person gave no reason: the record says so, and has no gap. */
export const NO_REASON = 'no reason given';

/** Who did something, and why: both are kept. */
export interface Person {
  by: string;
  why: string;
}

const pauseRow = z.object({
  by: z.string(),
  why: z.string(),
  at: instant,
  until: maybeInstant,
  scope: z.string(),
});

/** The pauses that hold now for any of these scopes (`all`, `target:<id>`, `playbook:<name>`), newest first. */
export function currentPauses(db: Db, scopes: readonly string[], now: Instant) {
  return db
    .prepare(
      `SELECT by, why, at, until, scope FROM pauses WHERE ended_at IS NULL AND (until IS NULL OR until > ?)
         AND scope IN (SELECT value FROM json_each(?)) ORDER BY id DESC`,
    )
    .all(now, JSON.stringify(scopes))
    .map((row) => pauseRow.parse(row));
}

/** The scope of a pause of everything. */
export const EVERYTHING = 'all';

/** The scopes under which an incident may be paused. */
export const pauseScopes = (of: { target: string | null; playbook: string | null }): string[] => [
  EVERYTHING,
  ...(of.target === null ? [] : [`target:${of.target}`]),
  ...(of.playbook === null ? [] : [`playbook:${of.playbook}`]),
];

/** The pause of everything that holds now, if any; the newest where there are several. */
export const currentPause = (db: Db, now: Instant) => currentPauses(db, [EVERYTHING], now)[0] ?? null;

/** @param scope `all`, `target:<id>` or `playbook:<name>` */
export function addPause(
  db: Db,
  person: Person,
  until: Instant | null,
  now: Instant,
  scope: string = EVERYTHING,
): void {
  db.prepare('INSERT INTO pauses (by, why, at, until, scope) VALUES (?, ?, ?, ?, ?)').run(
    person.by,
    person.why,
    now,
    until,
    scope,
  );
}

/** Ends the pauses of a scope; without one, every pause. @returns how many held */
export function endPauses(db: Db, now: Instant, scope: string | null = null): number {
  return db
    .prepare(
      `UPDATE pauses SET ended_at = :now WHERE ended_at IS NULL AND (until IS NULL OR until > :now)
         AND (:scope IS NULL OR scope = :scope)`,
    )
    .run({ now, scope }).changes;
}

/** Every pause that holds now, of whatever scope, newest first. */
export function allPauses(db: Db, now: Instant) {
  return db
    .prepare(
      `SELECT by, why, at, until, scope FROM pauses WHERE ended_at IS NULL AND (until IS NULL OR until > ?)
       ORDER BY id DESC`,
    )
    .all(now)
    .map((row) => pauseRow.parse(row));
}

/** For /readyz: what a person stopped. It needs no token, so that who and why stay out of it. */
export function pauseNotes(db: Db, now: Instant): string[] {
  const scopes = [...new Set(allPauses(db, now).map(({ scope }) => scope))];
  return scopes.length === 0 ? [] : [`a person paused ${scopes.join(', ')}: alert-bot resume ends it`];
}

/** By which way an order came: with a token, or from a page of the bot's own. */
export const WAYS = ['api', 'console'] as const;
export type Via = (typeof WAYS)[number];

/** Writes down what a person did. Nothing changes it afterwards: the log itself refuses that. */
export function audit(
  db: Db,
  { by, why }: Person,
  action: string,
  subject: string,
  now: Instant,
  via: Via = 'api',
): void {
  db.prepare('INSERT INTO audit (at, by, why, action, subject, via) VALUES (?, ?, ?, ?, ?, ?)').run(
    now,
    by,
    why,
    action,
    subject,
    via,
  );
}

const auditRow = z.object({
  id: z.number(),
  at: instant,
  by: z.string(),
  why: z.string(),
  action: z.string(),
  subject: z.string(),
  via: z.enum(WAYS).nullable(),
});

export type AuditRow = z.output<typeof auditRow>;

/** What people did, newest first. @param before only rows with a smaller id */
export const auditBefore = (db: Db, before: number, limit: number) =>
  db
    .prepare('SELECT * FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?')
    .all(before, limit)
    .map((row) => auditRow.parse(row));

/** When the heartbeat last arrived; 0 where it never did (G14). */
export function heartbeatAt(db: Db): Instant {
  return Number(db.prepare("SELECT value FROM meta WHERE key = 'heartbeat_at'").pluck().get());
}

export function recordHeartbeat(db: Db, now: Instant): void {
  db.prepare("UPDATE meta SET value = ? WHERE key = 'heartbeat_at'").run(now);
}

/**
 * SQL for the latest time in a table that has no index of times: rows are written in the order of log time, but for those
 * that were begun at once.
 */
const lately = (table: 'events' | 'audit'): string =>
  `coalesce((SELECT max(at) FROM (SELECT at FROM ${table} ORDER BY id DESC LIMIT 1000)), 0)`;

/** The latest time in the log: log time never goes back, whatever the wall clock does. */
export function lastLogTime(db: Db): Instant {
  return Number(
    db
      .prepare(
        `SELECT max(${lately('events')}, ${lately('audit')}, coalesce((SELECT max(received_at) FROM deliveries), 0),
           coalesce((SELECT max(reserved_at) FROM attempts), 0),
           coalesce((SELECT max(value) FROM meta WHERE key IN ('log_time', 'alive_at')), 0))`,
      )
      .pluck()
      .get(),
  );
}

/** Writes that the bot lives: proof that the log can be written, and a bound on how long it was away. */
export function recordAlive(db: Db, now: Instant): void {
  db.prepare("UPDATE meta SET value = ? WHERE key = 'alive_at'").run(now);
}
