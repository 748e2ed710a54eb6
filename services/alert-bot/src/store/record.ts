import { z } from 'zod';
import type { Instant, Millis } from '../domain/duration.ts';
import { OUTCOMES } from '../domain/incident.ts';
import type { Db } from './db.ts';
import { instant, maybeInstant } from './row.ts';

/** A target that is in trouble again so soon after it was healed was not helped. */
export const RELAPSE_WITHIN: Millis = 3_600_000;

const recordRow = z.object({
  id: z.number(),
  outcome: z.enum(OUTCOMES).nullable(),
  opened_at: instant,
  closed_at: maybeInstant,
  acted: z.number(),
  again_at: maybeInstant,
});

/** What became of the latest incidents of a playbook. */
export interface PlaybookRecord {
  /** How many of its latest incidents this is about, and when the first of them opened. */
  counted: number;
  since: Instant | null;
  /** Its latest incident. */
  last: number | null;
  /** Not closed yet. */
  open: number;
  healed: number;
  recovered: number;
  handedOver: number;
  dismissed: number;
  /** Healed, and in trouble again within an hour. */
  relapsed: number;
  /** Of those that were acted on and are closed, the share that was healed and did not relapse; null without any. */
  successRate: number | null;
  /** From opened to closed, of those that were healed. */
  medianTimeToHeal: Millis | null;
}

/** Some milliseconds each playbook. */
const LATEST = 500;

/** @param latest incidents that are looked at, at most */
export function playbookRecord(db: Db, playbook: string, latest = LATEST): PlaybookRecord {
  const rows = db
    .prepare(
      `SELECT i.id, i.outcome, i.opened_at, i.closed_at,
         EXISTS (SELECT 1 FROM attempts a WHERE a.incident_id = i.id AND a.outcome IS NOT 'not_called') AS acted,
         (SELECT n.opened_at FROM incidents n WHERE i.outcome = 'healed' AND n.target_id = i.target_id AND n.id > i.id
            AND n.outcome IS NOT 'dismissed' ORDER BY n.id LIMIT 1) AS again_at
       FROM incidents i WHERE i.playbook = ? ORDER BY i.id DESC LIMIT ?`,
    )
    .all(playbook, latest)
    .map((row) => recordRow.parse(row));
  const of = (outcome: (typeof OUTCOMES)[number]) => rows.filter((row) => row.outcome === outcome);
  const healed = of('healed');
  const relapsed = healed.filter(
    ({ closed_at, again_at }) =>
      again_at !== null && closed_at !== null && again_at - closed_at <= RELAPSE_WITHIN,
  ).length;
  const failed = of('handed_over').filter(({ acted }) => acted === 1).length;
  const judged = healed.length + failed;
  return {
    counted: rows.length,
    since: rows.at(-1)?.opened_at ?? null,
    last: rows[0]?.id ?? null,
    open: rows.filter(({ closed_at }) => closed_at === null).length,
    healed: healed.length,
    recovered: of('recovered').length,
    handedOver: of('handed_over').length,
    dismissed: of('dismissed').length,
    relapsed,
    successRate: judged === 0 ? null : (healed.length - relapsed) / judged,
    medianTimeToHeal: median(
      healed.flatMap(({ opened_at, closed_at }) => (closed_at === null ? [] : [closed_at - opened_at])),
    ),
  };
}

/** The middle one, or the mean of the two in the middle; null of none. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [
    sorted[Math.floor((sorted.length - 1) / 2)],
    sorted[Math.ceil((sorted.length - 1) / 2)],
  ];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
