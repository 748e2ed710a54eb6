import type { Asked } from '../apart/count.ts';
import { openQuestion } from '../decision/approval.ts';
import type { Standing } from '../decision/standing.ts';
import type { Deps } from '../deps.ts';
import type { Instant } from '../domain/duration.ts';
import { type Note, noteTexts, type Readiness } from '../http/ops.ts';
import type { Seen } from '../http/overall.ts';
import { seenNow } from '../http/status.ts';
import { stormNow } from '../http/storm.ts';
import { auditBefore, currentPause } from '../store/controls.ts';
import { incidentHistory } from '../store/history.ts';
import { HOUR, spanOf, stretches } from '../store/hours.ts';
import { closedLately, openNow } from '../store/incidents.ts';
import { quarantines } from '../store/targets.ts';
import {
  drawnFilterOf,
  filterOf,
  type HistoryQuery,
  isNarrowed,
  readQuery,
  windowOf,
} from './history-filter.ts';
import type { HistoryView } from './history-page.ts';
import type { NowView } from './now-page.ts';

/** More at once nobody reads; a storm may have thousands. */
const OPEN_SHOWN = 50;
const CLOSED_SHOWN = 8;
const AUDIT_SHOWN = 8;

/** Everything on the first page. */
export async function lookNow(
  deps: Pick<Deps, 'db' | 'now' | 'playbooks'>,
  readiness: Readiness,
  standings: () => Promise<readonly Standing[]>,
): Promise<NowView> {
  const { db } = deps;
  const stands = await standings();
  const state = seenNow(deps, readiness);
  const open = openNow(db, OPEN_SHOWN);
  const all = Object.entries(state.counts).reduce(
    (sum, [status, n]) => sum + (status === 'closed' ? 0 : n),
    0,
  );
  return {
    ...state,
    pause: currentPause(db, deps.now()),
    notes: noteTexts({ notes: () => readiness.notes().filter((note) => !isSaid(note, state)) }),
    open: open.map((incident) => ({ incident, question: openQuestion(db, incident.id) })),
    stormSays: stormNow(deps)?.description ?? '',
    openBeyond: Math.max(0, all - open.length),
    quarantines: quarantines(db),
    standings: stands,
    closed: closedLately(db, CLOSED_SHOWN),
    audit: auditBefore(db, Number.MAX_SAFE_INTEGER, AUDIT_SHOWN),
  };
}

/** A pause of everything and of nothing else has a card of its own, which says more. */
const isSaid = ({ about }: Note, { paused, otherPauses }: Seen): boolean =>
  about === 'pauses' && paused !== null && otherPauses === 0;

const HISTORY_SHOWN = 50;
/** More bars than this nobody tells apart. */
const BARS_AT_MOST = 60;

/** The history that an address asks for. @throws HttpError that names what it cannot mean */
export function lookBack(
  { db, now, playbooks }: Pick<Deps, 'db' | 'now' | 'playbooks'>,
  url: string,
): HistoryView {
  const search = new URL(url).searchParams;
  const query = readQuery(Object.fromEntries(search));
  const at = now();
  return {
    ...incidentHistory(db, filterOf(query, at), HISTORY_SHOWN),
    query,
    search,
    playbooks: playbooks().playbooks.map(({ name }) => name),
    // Counted by the hour as it happens, but only as a whole.
    stretches: isNarrowed(query) ? null : stretches(db, ...barsOf(query, at)),
  };
}

/** The time from and to, and how many hours one bar of a chart has. */
function barsOf(query: HistoryQuery, now: Instant): [from: Instant, to: Instant, hours: number] {
  const { from, to } = windowOf(query, now);
  return [from, to, Math.max(1, Math.ceil((to - from) / HOUR / BARS_AT_MOST))];
}

/** What is to be counted for the charts of an address. @throws HttpError that names what it cannot mean */
export function chartsAsked(
  url: string,
  now: Instant,
): { query: HistoryQuery; search: URLSearchParams; asked: Asked } {
  const search = new URL(url).searchParams;
  const query = readQuery(Object.fromEntries(search));
  return { query, search, asked: { filter: drawnFilterOf(query), span: spanOf(...barsOf(query, now)) } };
}
