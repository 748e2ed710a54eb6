import { z } from 'zod';
import type { Instant, Millis } from '../domain/duration.ts';
import type { Db } from '../store/db.ts';

/** What of a log can be replayed. */
export interface Extent {
  begin: Instant;
  end: Instant;
  /** Leaps of the clock in it. */
  leaps: number;
  /** How often the bot was started on it. */
  boots: number;
}

/** The first observation follows the delivery that it was made for. */
const SEEN_AFTER: Millis = 60_000;

const row = z.object({
  delivery: z.number().nullable(),
  observation: z.number().nullable(),
  end: z.number(),
  leaps: z.number(),
  boots: z.number(),
});

/** From when to when there are both deliveries and observations; null where there are none. */
export function extentOf(log: Db): Extent | null {
  const { delivery, observation, end, leaps, boots } = row.parse(
    log
      .prepare(
        `SELECT (SELECT min(received_at) FROM deliveries) AS delivery,
           (SELECT at FROM observations ORDER BY id LIMIT 1) AS observation,
           max(coalesce((SELECT max(received_at) FROM deliveries), 0),
             coalesce((SELECT at FROM observations ORDER BY id DESC LIMIT 1), 0),
             coalesce((SELECT max(value) FROM meta WHERE key IN ('alive_at', 'log_time')), 0)) AS end,
           (SELECT count(*) FROM leaps) AS leaps,
           (SELECT value FROM meta WHERE key = 'boot') AS boots`,
      )
      .get(),
  );
  if (delivery === null || observation === null) return null;
  return { begin: Math.max(delivery, observation - SEEN_AFTER), end, leaps, boots };
}
