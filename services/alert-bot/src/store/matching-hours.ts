import { z } from 'zod';
import { OUTCOMES } from '../domain/incident.ts';
import type { Db } from './db.ts';
import { type HistoryFilter, matching } from './history.ts';
import { addClosed, emptyStretches, HOUR, type Span, type Stretch } from './hours.ts';

/** Which incidents: whatever is asked for but a time, since charts count when something ended or was done. */
export type DrawnFilter = Omit<HistoryFilter, 'from' | 'to' | 'before'>;

/** Ids looked at between two looks at the time: some ten milliseconds. */
const AT_ONCE = 20_000;

const closedRow = z.object({
  ...{ hour: z.number(), outcome: z.enum(OUTCOMES), scale: z.number(), count: z.number() },
});
const countRow = z.object({ hour: z.number(), count: z.number() });

/**
 * The same as `stretches`, of the incidents that match and that the log still has. It reads them, which may take seconds: not
 * for the bot's own thread.
 * @param isOver asked again and again; once it says yes nothing more is read
 * @returns null where it was over before everything was read
 */
export function matchingStretches(
  db: Db,
  filter: DrawnFilter,
  span: Span,
  isOver: () => boolean,
  atOnce = AT_ONCE,
): Stretch[] | null {
  const { all, of } = emptyStretches(span);
  const time = { since: span.first * HOUR, until: (span.last + 1) * HOUR };
  const source = matching(db, filter);
  const opened = db.prepare(OPENED.replace('MATCHING', source));
  const closed = db.prepare(CLOSED.replace('MATCHING', source));
  const called = db.prepare(CALLED.replace('MATCHING', source));
  const { first, last } = idsOf(db, time);
  for (let least = first; least <= last; least += atOnce) {
    if (isOver()) return null;
    const values = { ...filter, ...time, least, below: Math.min(least + atOnce, last + 1) };
    for (const row of opened.all(values)) {
      const { hour, count } = countRow.parse(row);
      const stretch = of(hour);
      if (stretch !== undefined) stretch.opened += count;
    }
    for (const row of closed.all(values)) {
      const { hour, outcome, scale, count } = closedRow.parse(row);
      const stretch = of(hour);
      if (stretch !== undefined) addClosed(stretch, outcome, scale, count);
    }
    for (const row of called.all(values)) {
      const { hour, count } = countRow.parse(row);
      const stretch = of(hour);
      if (stretch !== undefined) stretch.actions += count;
    }
  }
  return all;
}

const OPENED = `
  SELECT opened_at / 3600000 AS hour, count(*) AS count
  FROM MATCHING AND +opened_at >= :since AND +opened_at < :until
  GROUP BY 1`;
/** As the triggers of 0006_console.sql count. */
const CLOSED = `
  SELECT closed_at / 3600000 AS hour, outcome,
    iif(outcome = 'healed', max(0, ceil(log2(max(1, (closed_at - opened_at) / 1000.0)))), 0) AS scale, count(*) AS count
  FROM MATCHING AND +status = 'closed' AND outcome IS NOT NULL AND +closed_at >= :since AND +closed_at < :until
  GROUP BY 1, 2, 3`;
/** In this order: by itself SQLite might begin with all calls that ever were. */
const CALLED = `
  SELECT calling_at / 3600000 AS hour, count(*) AS count
  FROM (SELECT id AS incident FROM MATCHING)
    CROSS JOIN attempts ON attempts.incident_id = incident CROSS JOIN calls ON calls.attempt_id = attempts.id
  WHERE calling_at >= :since AND calling_at < :until
  GROUP BY 1`;

/** The ids of what may have been opened, or ended, or had calls, in a time: not closed before it, and opened before its end. */
function idsOf(db: Db, { since, until }: { since: number; until: number }): { first: number; last: number } {
  const one = (sql: string): number | null => {
    const id = db.prepare(sql).pluck().get({ since, until });
    return typeof id === 'number' ? id : null;
  };
  // By itself SQLite would walk the ids from the first one on.
  const closed = one(
    "SELECT min(id) FROM incidents INDEXED BY incidents_closed WHERE status = 'closed' AND closed_at >= :since",
  );
  const open = one("SELECT min(id) FROM incidents INDEXED BY incidents_open WHERE status <> 'closed'");
  const last = one('SELECT max(id) FROM incidents WHERE opened_at < :until');
  const none = Number.MAX_SAFE_INTEGER;
  return { first: Math.min(closed ?? none, open ?? none), last: last ?? 0 };
}
