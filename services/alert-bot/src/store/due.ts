import type { Instant } from '../domain/duration.ts';
import type { EscalateReason } from '../domain/reason.ts';
import type { TargetId } from '../domain/target.ts';
import type { Db } from './db.ts';
import { numbers, texts } from './row.ts';

// What the loop looks at, found without reading what an incident says.

/**
 * What there may be something to do about now: what is under way, then what waits for its place, so that no new one takes it,
 * then the oldest. That is what is new, and what waits for a time that has come; an incident none of whose alerts fires waits for no
 * time (`changeStatus`, `closeEpisode`). Of the thousands that wait it reads none.
 */
export const dueIncidents = (db: Db, now: Instant): number[] =>
  numbers.parse(
    db
      .prepare(
        `SELECT id FROM (
           SELECT id, iif(status = 'new', 1, -1) AS place FROM incidents
             WHERE status <> 'closed' AND status IN ('new', 'queued', 'acting', 'proving')
           UNION ALL
           SELECT id, coalesce(reason, '') NOT IN ('blast_radius', 'action_in_progress') FROM incidents
             WHERE status <> 'closed' AND status IN ('deferred', 'awaiting_approval', 'escalated') AND next_look_at <= ?)
         ORDER BY place, id`,
      )
      .pluck()
      .all(now),
  );

/** Those that are not closed and were opened after another one, oldest first. */
export const openIncidentsAfter = (db: Db, after: number, limit: number): number[] =>
  numbers.parse(
    db
      .prepare("SELECT id FROM incidents WHERE id > ? AND status <> 'closed' ORDER BY id LIMIT ?")
      .pluck()
      .all(after, limit),
  );

/** The youngest of all; 0 where there is none. */
export const lastIncident = (db: Db): number =>
  Number(db.prepare('SELECT coalesce(max(id), 0) FROM incidents').pluck().get());

/** Those that an attempt is under way for. */
export const actingIncidents = (db: Db): number[] =>
  numbers.parse(
    db
      .prepare("SELECT id FROM incidents WHERE status <> 'closed' AND status = 'acting' ORDER BY id")
      .pluck()
      .all(),
  );

/** Targets with an attempt between reservation and the platform's answer. */
export const actingTargets = (db: Db): TargetId[] =>
  texts.parse(
    db
      .prepare(
        "SELECT target_id FROM incidents WHERE status <> 'closed' AND status = 'acting' AND target_id IS NOT NULL ORDER BY id",
      )
      .pluck()
      .all(),
  );

/** Those without a target that a person has for a reason. */
export const handedOverFor = (db: Db, reason: EscalateReason): number[] =>
  numbers.parse(
    db
      .prepare(
        `SELECT id FROM incidents WHERE status <> 'closed' AND status = 'escalated' AND escalated_reason = ?
           AND target_id IS NULL ORDER BY id`,
      )
      .pluck()
      .all(reason),
  );
