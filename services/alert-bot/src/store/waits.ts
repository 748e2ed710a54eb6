import type { Instant, Millis } from '../domain/duration.ts';
import type { TargetId } from '../domain/target.ts';
import type { Db } from './db.ts';

/**
 * Gives every proof in progress the time back that no bot was there to look. To be called before the bot writes
 * that it lives.
 */
export function forgiveAbsence(db: Db, now: Instant): void {
  db.prepare(
    `UPDATE incidents SET proof = json_set(proof, '$.deadline', json_extract(proof, '$.deadline') + :now - alive.value)
     FROM (SELECT value FROM meta WHERE key = 'alive_at' AND value BETWEEN 1 AND :now) AS alive
     WHERE status <> 'closed' AND status = 'proving'`,
  ).run({ now });
}

/** Gives every proof in progress more time. */
export function extendProofs(db: Db, by: Millis): void {
  db.prepare(
    `UPDATE incidents SET proof = json_set(proof, '$.deadline', json_extract(proof, '$.deadline') + :by)
     WHERE status <> 'closed' AND status = 'proving' AND proof IS NOT NULL`,
  ).run({ by });
}

/**
 * Gives every wait in progress the time back by which the clock is about to leap forward: nothing is to end for it, neither
 * a proof, a deadline, a request for approval, a pause nor a quarantine. To be called before log time leaps.
 */
export function carryWaits(db: Db, by: Millis): void {
  db.prepare("UPDATE incidents SET deadline = deadline + ? WHERE status <> 'closed'").run(by);
  db.prepare(
    `UPDATE incidents SET proof = json_set(proof, '$.deadline', json_extract(proof, '$.deadline') + :by,
       '$.goodSince', json_extract(proof, '$.goodSince') + :by)
     WHERE status <> 'closed' AND status = 'proving' AND proof IS NOT NULL`,
  ).run({ by });
  db.prepare('UPDATE approvals SET expires_at = expires_at + ? WHERE ended_at IS NULL').run(by);
  db.prepare('UPDATE pauses SET until = until + ? WHERE ended_at IS NULL').run(by);
  db.prepare('UPDATE targets SET circuit_until = circuit_until + ? WHERE circuit_open = 1').run(by);
  db.prepare('UPDATE storms SET last_incident_at = last_incident_at + ? WHERE released_at IS NULL').run(by);
}

/** A person changed something: every wait, of one target or of all (null), is looked at again at once. */
export function lookAtOnce(db: Db, target: TargetId | null, now: Instant): void {
  db.prepare(
    `UPDATE incidents SET next_look_at = :now
     WHERE status <> 'closed' AND status IN ('deferred', 'awaiting_approval', 'escalated') AND (:target IS NULL OR target_id = :target)`,
  ).run({ target, now });
}
