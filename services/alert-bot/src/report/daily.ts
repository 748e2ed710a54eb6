import type { Deps } from '../deps.ts';
import type { Instant, Millis } from '../domain/duration.ts';
import { instantsOf, wallMidnight } from '../policy/local-time.ts';
import { write } from '../store/db.ts';
import { addReport, hasReport, toldUntil, wantedSince } from '../store/notices.ts';
import { gatherReport, type ReportDeps } from './gather.ts';
import type { Report } from './report.ts';

const MINUTE: Millis = 60_000;
const DAY: Millis = 24 * 3_600_000;
/** After a longer absence of the bot, or of reports, one tells of so much. */
const TELLS_AT_MOST: Millis = 7 * DAY;
const LOOK_EVERY: Millis = 5_000;

/** When the report of each day is due. */
export interface Schedule {
  /** Since midnight. */
  minutes: number;
  /** The zone whose clocks are meant. */
  zone: string;
}

export interface DailyDeps extends ReportDeps, Pick<Deps, 'clockJump' | 'behind' | 'stopping'> {
  sleep(length: Millis): Promise<void>;
  events: Pick<Deps['events'], 'failed'>;
}

/**
 * The last time that a report was due, and the date that this was where the clocks are. Of an hour that comes twice the
 * first one counts, and one that a change of the clocks leaves out is due at the change.
 */
export function lastDue({ zone, minutes }: Schedule, now: Instant): { day: string; at: Instant } {
  const today = wallMidnight(zone, now);
  const due = [today, today - DAY, today - 2 * DAY].map((midnight) => ({
    day: new Date(midnight).toISOString().slice(0, 10),
    at: instantsOf(zone, midnight + minutes * MINUTE).first,
  }));
  const last = due.find(({ at }) => at <= now);
  if (last === undefined) throw new Error(`no report was ever due in ${zone}`);
  return last;
}

/**
 * Writes the report that is due, where the day has none yet: one a day, also over restarts and whatever is done to the
 * clock, and one that was missed as soon as the bot is back.
 * @param tell the words of a report
 * @returns whether one was written
 */
export async function writeDueReport(
  deps: Omit<DailyDeps, 'sleep' | 'stopping' | 'events'>,
  schedule: Schedule,
  tell: (report: Report) => string,
): Promise<boolean> {
  // A clock that has just jumped may be set right again; the report can wait for a minute.
  if (deps.clockJump() !== null) return false;
  const { db } = deps;
  const due = lastDue(schedule, deps.now() - deps.behind());
  const since = wantedSince(db, 'report');
  if (since === null || due.at < since || hasReport(db, due.day)) return false;
  const to = deps.now();
  const from = Math.max(to - TELLS_AT_MOST, toldUntil(db) ?? Math.min(due.at, to) - DAY);
  const report = await gatherReport(deps, { from: Math.min(from, to - 1), to });
  return write(db, () => addReport(db, due.day, { text: tell(report), from, to }, to));
}

/** Writes the report of each day when it is due, until the process stops. Never rejects. */
export async function keepReporting(
  deps: DailyDeps,
  schedule: Schedule,
  tell: (report: Report) => string,
): Promise<void> {
  while (!deps.stopping.aborted) {
    await writeDueReport(deps, schedule, tell).catch((error: unknown) => {
      if (!deps.stopping.aborted) deps.events.failed('notices', error);
    });
    await deps.sleep(LOOK_EVERY).catch(() => undefined);
  }
}
