import type { Deps } from '../deps.ts';
import { type HistoryFilter, incidentHistory } from '../store/history.ts';
import type { Incident } from '../store/incidents.ts';

const PAGE = 200;
const COLUMNS = [
  'id',
  'opened_at',
  'closed_at',
  'title',
  'severity',
  'target',
  'service',
  'playbook',
  'status',
  'outcome',
  'reason',
] as const;

/** All incidents that match as CSV, in pieces: a page of the log each, and requests have their turn between two. */
export async function* csvOf(
  { db, breathe }: Pick<Deps, 'db' | 'breathe'>,
  filter: HistoryFilter,
): AsyncGenerator<string> {
  yield `${COLUMNS.join(',')}\r\n`;
  let { before } = filter;
  for (;;) {
    const { incidents, next } = incidentHistory(db, { ...filter, before }, PAGE);
    yield incidents.map(row).join('');
    if (next === null) return;
    before = next;
    await breathe();
  }
}

const time = (at: number | null): string => (at === null ? '' : new Date(at).toISOString());

const row = (one: Incident): string =>
  `${[
    String(one.id),
    time(one.openedAt),
    time(one.closedAt),
    one.title,
    one.severity,
    one.target ?? '',
    one.service ?? '',
    one.playbook ?? '',
    one.status,
    one.outcome ?? '',
    one.reason ?? '',
  ]
    .map(cell)
    .join(',')}\r\n`;

/** A text that begins like a formula is one to a spreadsheet, and anybody may name an alert: the apostrophe makes it text. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
