import type { Instant } from '../domain/duration.ts';
import type { Outcome, Status } from '../domain/incident.ts';
import type { Reason } from '../domain/reason.ts';
import type { Db } from './db.ts';
import { type Incident, incidentRow } from './incidents.ts';
import { numbers } from './row.ts';

/** What a list of incidents is asked for; what is left out is any. */
export interface HistoryFilter {
  service?: string | undefined;
  playbook?: string | undefined;
  /** The reason that an incident has now, or had when it was closed. */
  reason?: Reason | undefined;
  outcome?: Outcome | undefined;
  /** `open`: whatever is not closed. */
  status?: Status | 'open' | undefined;
  target?: string | undefined;
  severity?: string | undefined;
  /** Opened at this time or later. */
  from?: Instant | undefined;
  /** Opened before this time. */
  to?: Instant | undefined;
  /** Only incidents with a smaller id. */
  before?: number | undefined;
}

export interface HistoryPage {
  /** Newest first; fewer than wanted, even none, where others had to be looked through for long. */
  incidents: Incident[];
  /** The `before` to go on from; null at the end. */
  next: number | null;
}

/**
 * Rows that one call looks at: some milliseconds, however rare a combination is. Those of one value lie scattered over the
 * file, those that follow each other do not.
 */
export const EXAMINED_AT_MOST = 1_000;
const EXAMINED_IN_A_ROW = 5 * EXAMINED_AT_MOST;

/** Columns with an index whose rows of one value are in the order of their ids. */
const INDEXED = ['target', 'service', 'playbook', 'reason'] as const;
const COLUMNS = {
  target: 'target_id',
  service: 'service',
  playbook: 'playbook',
  reason: 'reason',
  outcome: 'outcome',
  severity: 'severity',
} as const;

/** A bounded part of the ids, and the one condition whose index is walked within it; null walks all rows. */
interface Walk {
  condition: string | null;
  below: number;
  least: number;
}

/**
 * Incidents that match, newest first. It walks the index of whichever condition holds for fewest, and of that no more than
 * `examine` rows a call: a combination that is rare may take several calls, none of them long.
 * @param limit incidents at most
 */
export function incidentHistory(
  db: Db,
  filter: HistoryFilter,
  limit: number,
  examine = { scattered: EXAMINED_AT_MOST, inARow: EXAMINED_IN_A_ROW },
): HistoryPage {
  const range = idsOf(db, filter);
  if (range === null) return { incidents: [], next: null };
  const { condition, few } = fewest(db, filter, range, examine.scattered);
  const rest = restOf(filter, condition);
  const most = condition === null ? examine.inARow : examine.scattered;
  // Where nothing else has to hold, each row that is looked at is one of the answer.
  const cut = few || rest.length === 0 ? null : cutOff(db, filter, { ...range, condition }, most);
  const walk = { ...range, condition, least: Math.max(range.least, cut ?? 0) };
  const ids = numbers.parse(
    db
      .prepare(`SELECT id FROM ${from(condition, rest)} ORDER BY id DESC LIMIT :limit`)
      .pluck()
      .all({ ...filter, ...walk, limit: limit + 1 }),
  );
  const wanted = ids.slice(0, limit);
  const incidents = wanted.map((id) => incidentRow.parse(db.prepare(BY_ID).get(id)));
  return { incidents, next: ids.length > limit ? (wanted.at(-1) ?? null) : cut };
}

/**
 * What stands behind FROM to walk all that match with an id from `:least` on and below `:below`, by the index of whichever
 * condition holds for fewest. The filter's own values are bound by their names.
 */
export function matching(db: Db, filter: HistoryFilter): string {
  const { condition } = fewest(db, filter, { least: 0, below: NO_END }, EXAMINED_AT_MOST);
  return from(condition, restOf(filter, condition));
}

const BY_ID = 'SELECT * FROM incidents WHERE id = ?';

/** More than any id. */
const NO_END = Number.MAX_SAFE_INTEGER;

/** Times stand in the order of ids, but for those that were begun at once. */
const NEARLY = 1_000;

/** The ids that a time and a cursor leave; null where there are none. Whoever asks for a time compares it as well. */
function idsOf(db: Db, { from: since, to, before }: HistoryFilter): Omit<Walk, 'condition'> | null {
  const one = (sql: string, at: Instant): number | null => {
    const id = db.prepare(sql).pluck().get(at);
    return typeof id === 'number' ? id : null;
  };
  const least =
    since === undefined
      ? 0
      : one(
          `SELECT min(id) FROM (SELECT id FROM incidents WHERE opened_at >= ? ORDER BY opened_at LIMIT ${NEARLY})`,
          since,
        );
  const last =
    to === undefined
      ? NO_END - 1
      : one(
          `SELECT max(id) FROM (SELECT id FROM incidents WHERE opened_at < ? ORDER BY opened_at DESC LIMIT ${NEARLY})`,
          to,
        );
  if (least === null || last === null) return null;
  const below = Math.min(before ?? NO_END, last + 1);
  return below <= least ? null : { least, below };
}

/** The condition to walk by, and whether so few rows meet it that all of them can be looked at. */
function fewest(
  db: Db,
  filter: HistoryFilter,
  range: Omit<Walk, 'condition'>,
  examine: number,
): { condition: string | null; few: boolean } {
  const { status } = filter;
  const conditions: string[] = INDEXED.filter((key) => filter[key] !== undefined).map(equal);
  if (status === 'open') conditions.push(OPEN);
  else if (status !== undefined && status !== 'closed') conditions.push(`${OPEN} AND status = :status`);
  const counted = conditions.map((condition) => {
    const walk = { ...range, condition };
    const count = db
      .prepare(`SELECT count(*) FROM (SELECT 1 FROM ${from(condition, [])} LIMIT :many)`)
      .pluck()
      .get({ ...filter, ...walk, many: examine + 1 });
    return { condition, count: Number(count) };
  });
  const [best] = counted.sort((a, b) => a.count - b.count);
  return best === undefined
    ? { condition: null, few: false }
    : { condition: best.condition, few: best.count <= examine };
}

/** The id of the last row that may be looked at; null where the rows end before. */
function cutOff(db: Db, filter: HistoryFilter, walk: Walk, examine: number): number | null {
  const id = db
    .prepare(`SELECT id FROM ${from(walk.condition, [])} ORDER BY id DESC LIMIT 1 OFFSET :skip`)
    .pluck()
    .get({ ...filter, ...walk, skip: examine - 1 });
  return typeof id === 'number' ? id : null;
}

/** In the words of the index of what is open. */
const OPEN = "status <> 'closed'";

const equal = (key: keyof typeof COLUMNS): string => `${COLUMNS[key]} = :${key}`;

/** What is compared row by row. The `+` keeps SQLite from walking by it instead. */
function restOf(filter: HistoryFilter, walked: string | null): string[] {
  const { status, from: since, to } = filter;
  const keys: (keyof typeof COLUMNS)[] = ['target', 'service', 'playbook', 'reason', 'outcome', 'severity'];
  const isOpen = walked?.startsWith(OPEN) === true;
  return [
    ...keys
      .filter((key) => filter[key] !== undefined && equal(key) !== walked)
      .map((key) => `+${equal(key)}`),
    ...(status === 'open' && !isOpen ? ["+status <> 'closed'"] : []),
    ...(status !== undefined && status !== 'open' && !isOpen ? ['+status = :status'] : []),
    ...(since === undefined ? [] : ['+opened_at >= :from']),
    ...(to === undefined ? [] : ['+opened_at < :to']),
  ];
}

/** Only what is asked for stands in the query: a condition that may be none keeps SQLite from every index. */
function from(condition: string | null, rest: readonly string[]): string {
  const all = [...(condition === null ? [] : [condition]), 'id < :below', 'id >= :least', ...rest];
  // By itself SQLite would rather walk the ids.
  const index = condition?.startsWith(OPEN) === true ? ' INDEXED BY incidents_open' : '';
  return `incidents${index} WHERE ${all.join(' AND ')}`;
}
