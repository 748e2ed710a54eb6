import { z } from 'zod';
import type { Instant, Millis } from '../domain/duration.ts';
import { NOTICE_KINDS, type NoticeKind, type ReportNotice, reportNotice } from '../domain/notice.ts';
import type { Db } from './db.ts';
import { carried } from './leaps.ts';
import { instant, json, maybeInstant } from './row.ts';

/** SQL: what is neither sent nor given up. */
const PENDING = 'sent_at IS NULL AND given_up_at IS NULL';

/**
 * Sets what is wanted from now on. What waits of a kind that is not wanted any more is given up.
 * @returns how many were given up, by kind
 */
export function wantNotices(
  db: Db,
  wanted: readonly NoticeKind[],
  now: Instant,
): { kind: NoticeKind; count: number }[] {
  return NOTICE_KINDS.flatMap((kind) => {
    if (wanted.includes(kind)) {
      db.prepare('INSERT INTO notice_kinds (kind, since) VALUES (?, ?) ON CONFLICT (kind) DO NOTHING').run(
        kind,
        now,
      );
      return [];
    }
    db.prepare('DELETE FROM notice_kinds WHERE kind = ?').run(kind);
    const count = db
      .prepare(
        `UPDATE notices SET given_up_at = :now, error = 'it is not configured any more' WHERE kind = :kind AND ${PENDING}`,
      )
      .run({ kind, now }).changes;
    return count === 0 ? [] : [{ kind, count }];
  });
}

/** Since when a kind is wanted; null where it is not. */
export function wantedSince(db: Db, kind: NoticeKind): Instant | null {
  const since = db.prepare('SELECT since FROM notice_kinds WHERE kind = ?').pluck().get(kind);
  return typeof since === 'number' ? since : null;
}

/**
 * Writes the notice of an attempt that has just ended, where that is wanted and the attempt reached the platform. To be
 * called inside the transaction that ends it.
 */
export function noteAction(db: Db, attempt: number, now: Instant): void {
  db.prepare(
    `INSERT INTO notices (kind, dedupe, payload, created_at, next_try_at)
     SELECT 'annotation', 'attempt:' || a.id, json_object('incident', i.id, 'attempt', a.id, 'target', a.target_id,
         'service', i.service, 'playbook', i.playbook, 'title', i.title, 'outcome', a.outcome, 'detail', coalesce(a.detail, ''),
         'from', coalesce((SELECT min(c.calling_at) FROM calls c WHERE c.attempt_id = a.id), a.reserved_at),
         'to', a.ended_at), :now, :now
     FROM attempts a JOIN incidents i ON i.id = a.incident_id
     WHERE a.id = :attempt AND a.outcome <> 'not_called' AND EXISTS (SELECT 1 FROM notice_kinds WHERE kind = 'annotation')
     ON CONFLICT (dedupe) DO NOTHING`,
  ).run({ attempt, now });
}

const REPORTS = 'report:';
/** What sorts right behind all of them. */
const REPORTS_END = 'report;';

/** @param day the local date, `2026-11-29` @returns whether it is a new one: a day has one report */
export function addReport(db: Db, day: string, payload: ReportNotice, now: Instant): boolean {
  return (
    db
      .prepare(
        `INSERT INTO notices (kind, dedupe, payload, created_at, next_try_at)
         SELECT 'report', :dedupe, :payload, :now, :now WHERE EXISTS (SELECT 1 FROM notice_kinds WHERE kind = 'report')
         ON CONFLICT (dedupe) DO NOTHING`,
      )
      .run({ dedupe: `${REPORTS}${day}`, payload: JSON.stringify(payload), now }).changes === 1
  );
}

export const hasReport = (db: Db, day: string): boolean =>
  db.prepare('SELECT 1 FROM notices WHERE dedupe = ?').get(`${REPORTS}${day}`) !== undefined;

/** Until when the report of the latest day tells, sent or not; null where there is none. */
export function toldUntil(db: Db): Instant | null {
  const payload = db
    .prepare('SELECT payload FROM notices WHERE dedupe >= ? AND dedupe < ? ORDER BY dedupe DESC LIMIT 1')
    .pluck()
    .get(REPORTS, REPORTS_END);
  return payload === undefined ? null : json(reportNotice).parse(payload).to;
}

const noticeRow = z.object({ id: z.number(), payload: z.string(), tries: z.number() });
/** One that is to be sent now: its JSON, and how often it was tried before. */
export type Notice = z.output<typeof noticeRow>;

/** The notice of a kind that has been due for longest, if any. */
export function dueNotice(db: Db, kind: NoticeKind, now: Instant): Notice | null {
  const row = db
    .prepare(
      `SELECT id, payload, tries FROM notices INDEXED BY notices_pending
       WHERE kind = ? AND next_try_at <= ? AND ${PENDING} ORDER BY next_try_at, id LIMIT 1`,
    )
    .get(kind, now);
  return row === undefined ? null : noticeRow.parse(row);
}

/** Counts a try before it is made: one that ends with the process, or whose end cannot be written, is not repeated at once. */
export function beginTry(db: Db, id: number, nextTryAt: Instant): void {
  db.prepare('UPDATE notices SET tries = tries + 1, next_try_at = ? WHERE id = ?').run(nextTryAt, id);
}

export function recordSent(db: Db, id: number, now: Instant): void {
  db.prepare('UPDATE notices SET sent_at = ?, error = NULL WHERE id = ?').run(now, id);
}

/**
 * Records that a try failed. One that is older than `keepTrying` is given up: a leap of the clock makes none old.
 * @param notBefore what the other side asks for
 * @returns whether it was given up
 */
export function recordFailedTry(
  db: Db,
  id: number,
  { error, notBefore, keepTrying }: { error: string; notBefore: Instant; keepTrying: Millis },
  now: Instant,
): boolean {
  db.prepare(
    `UPDATE notices SET error = :error, next_try_at = max(next_try_at, :notBefore),
       given_up_at = iif(:now - ${carried('notices.created_at')} >= :keepTrying, :now, NULL) WHERE id = :id`,
  ).run({ id, error, notBefore, keepTrying, now });
  return db.prepare('SELECT given_up_at IS NOT NULL FROM notices WHERE id = ?').pluck().get(id) === 1;
}

const pendingRow = z.object({ kind: z.enum(NOTICE_KINDS), count: z.number(), oldest: instant });

/** How many wait, by kind, and since when the oldest of them does. */
export const pendingNotices = (db: Db) =>
  db
    .prepare(
      `SELECT kind, count(*) AS count, min(${carried('notices.created_at')}) AS oldest FROM notices INDEXED BY notices_pending
       WHERE ${PENDING} GROUP BY kind`,
    )
    .all()
    .map((row) => pendingRow.parse(row));

const told = z.object({
  kind: z.string(),
  tries: z.number(),
  sentAt: maybeInstant,
  error: z.string().nullable(),
});

/** What became of a notice; null where there is none. @param dedupe such as `attempt:7` or `report:2026-11-29` */
export function noticeOf(db: Db, dedupe: string): z.output<typeof told> | null {
  const row = db
    .prepare('SELECT kind, tries, sent_at AS sentAt, error FROM notices WHERE dedupe = ?')
    .get(dedupe);
  return row === undefined ? null : told.parse(row);
}
