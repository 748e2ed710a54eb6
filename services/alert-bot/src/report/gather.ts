import type { Standing } from '../decision/standing.ts';
import type { Deps } from '../deps.ts';
import type { Instant, Millis } from '../domain/duration.ts';
import type { Outcome } from '../domain/incident.ts';
import { explain, REASONS } from '../domain/reason.ts';
import { allPauses } from '../store/controls.ts';
import type { Db } from '../store/db.ts';
import {
  type ClosedIncident,
  closedIncidents,
  countAttempts,
  countAttemptsOf,
  countHandedOver,
  countHeldBy,
  countOpened,
  countQuestions,
  handedOver,
  heldFor,
  lastWait,
  openQuestions,
  quarantinedTargets,
  toldRecurring,
} from '../store/report.ts';
import { countHeld } from '../store/storm-line.ts';
import { openStorm } from '../store/storms.ts';
import type { LeftAlone, Report } from './report.ts';

/** Rows read at once: well under 5 ms, after which others have their turn. */
const AT_ONCE = 500;
/** Of each list; more does not help a person. */
const LISTED = 100;
const EXAMPLES = 3;
/** Why so many that recovered had waited is looked up one by one. */
const WAITS_ASKED = 2_000;
/** Columns of the little chart. */
const SLOTS_AT_MOST = 24;
const HOUR: Millis = 3_600_000;

export interface ReportDeps extends Pick<Deps, 'db' | 'now' | 'breathe'> {
  /** How every target that may be acted on stands; null where that cannot be known. */
  standings(): Promise<readonly Standing[] | null>;
}

/** Reads what a report tells of a time, a little at once. */
export async function gatherReport(
  deps: ReportDeps,
  { from, to }: { from: Instant; to: Instant },
): Promise<Report> {
  const { db } = deps;
  const over = await readClosed(deps, { from, to });
  const openedBy = await readOpened(deps, from, to);
  const standings = await deps.standings();
  await deps.breathe();
  const at = deps.now();
  const storm = openStorm(db);
  return {
    from,
    to,
    at,
    counts: {
      opened: openedBy.counts.reduce((sum, count) => sum + count, 0),
      closed: over.counts,
      attempts: countAttempts(db, from, to),
    },
    openedBy,
    healed: over.healed.map(({ id, target, title, playbook, closedAt, openedAt, weakProof }) => ({
      ...{ id, target, title, playbook, closedAt, weakProof },
      took: closedAt - openedAt,
      attempts: countAttemptsOf(db, id),
    })),
    medianHeal: median(over.took),
    recurring: recurringOf(over.byTarget, toldRecurring(db)),
    waiting: readWaiting(db),
    ofWaiting: countHandedOver(db) + countQuestions(db),
    quarantines: quarantinedTargets(db),
    pauses: allPauses(db, at).map(({ scope, by, why, until }) => ({ scope, by, why, until })),
    storm:
      storm === undefined
        ? null
        : { incident: storm.incident, since: storm.beganAt, held: countHeld(db, storm.id) },
    held: countHeldBy(db).map(({ reason, count }) => ({
      ...{ reason, explanation: words(reason), count },
      examples: heldFor(db, reason, EXAMPLES),
    })),
    leftAlone: [...over.leftAlone.values()].sort((a, b) => b.count - a.count),
    budgets:
      standings?.flatMap(({ id: target, budgets }) =>
        budgets.filter(isNearlySpent).map(({ per, attempts, left }) => ({ target, per, attempts, left })),
      ) ?? null,
  };
}

const isNearlySpent = ({ attempts, left }: { attempts: number; left: number }): boolean =>
  left < attempts && left <= 1;

interface TargetStory {
  healed: number;
  handedOver: number;
  last: Instant;
}

async function readClosed({ db, breathe }: ReportDeps, time: { from: Instant; to: Instant }) {
  const counts: Record<Outcome, number> = { healed: 0, recovered: 0, handed_over: 0, dismissed: 0 };
  let healed: ClosedIncident[] = [];
  const took: Millis[] = [];
  const byTarget = new Map<string, TargetStory>();
  const leftAlone = new Map<string | null, LeftAlone>();
  let asked = 0;
  let last: ClosedIncident | null = null;
  for (;;) {
    await breathe();
    const page: ClosedIncident[] = closedIncidents(db, time, last, AT_ONCE);
    for (const one of page) {
      counts[one.outcome]++;
      if (one.outcome === 'healed') {
        healed.push(one);
        took.push(one.closedAt - one.openedAt);
      }
      if (one.target !== null && (one.outcome === 'healed' || one.outcome === 'handed_over'))
        tell(byTarget, one.target, one);
      if (one.outcome === 'dismissed') leave(leftAlone, one.reason, one);
      if (one.outcome === 'recovered')
        leave(leftAlone, asked++ < WAITS_ASKED ? lastWait(db, one.id) : null, one);
      if (asked % 50 === 49) await breathe();
    }
    // The youngest are those that a person asks about.
    healed = healed.slice(-LISTED);
    last = page.at(-1) ?? null;
    if (last === null || page.length < AT_ONCE) return { counts, healed, took, byTarget, leftAlone };
  }
}

function tell(byTarget: Map<string, TargetStory>, target: string, one: ClosedIncident): void {
  const story = byTarget.get(target) ?? { healed: 0, handedOver: 0, last: 0 };
  byTarget.set(target, {
    healed: story.healed + (one.outcome === 'healed' ? 1 : 0),
    handedOver: story.handedOver + (one.outcome === 'handed_over' ? 1 : 0),
    last: one.closedAt,
  });
}

function leave(groups: Map<string | null, LeftAlone>, reason: string | null, one: ClosedIncident): void {
  const { id, target, title } = one;
  let group = groups.get(reason);
  if (group === undefined) {
    group = { reason, explanation: words(reason), count: 0, examples: [] };
    groups.set(reason, group);
  }
  group.count++;
  if (group.examples.length < EXAMPLES) group.examples.push({ id, target, title });
}

/** The sentence of a reason as a column holds it. */
function words(reason: string | null): string {
  const known = Object.values(REASONS)
    .flat()
    .find((one) => one === reason);
  return known === undefined ? 'Gone by itself before there was anything to do.' : explain(known);
}

const recurringOf = (byTarget: ReadonlyMap<string, TargetStory>, told: readonly string[]) =>
  [...byTarget]
    .filter(([target, { healed, handedOver: given }]) => healed + given >= 2 || told.includes(target))
    .map(([target, story]) => ({ target, ...story, told: told.includes(target) }))
    .sort((a, b) => b.healed + b.handedOver - a.healed - a.handedOver || a.target.localeCompare(b.target))
    .slice(0, LISTED);

function readWaiting(db: Db): Report['waiting'] {
  const questions = openQuestions(db, LISTED).map((one) => ({
    ...one,
    kind: 'question' as const,
    reason: 'approval_required',
    explanation: explain('approval_required'),
    acknowledgedBy: null,
  }));
  const pages = handedOver(db, LISTED).map((one) => ({
    ...one,
    kind: 'page' as const,
    reason: one.reason ?? 'internal_error',
    explanation: words(one.reason ?? 'internal_error'),
    until: null,
  }));
  return [...questions, ...pages].slice(0, LISTED);
}

/** Counted slot by slot: together they could be many. */
async function readOpened({ db, breathe }: ReportDeps, from: Instant, to: Instant) {
  const slot = Math.max(HOUR, Math.ceil((to - from) / SLOTS_AT_MOST / HOUR) * HOUR);
  const counts: number[] = [];
  for (let begin = from; begin < to; begin += slot) {
    await breathe();
    counts.push(countOpened(db, begin, Math.min(to, begin + slot)));
  }
  return { slot, counts };
}

function median(lengths: readonly Millis[]): Millis | null {
  const sorted = lengths.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}
