import { html, raw } from 'hono/html';
import type { Instant } from '../domain/duration.ts';
import { OUTCOMES, STATUSES } from '../domain/incident.ts';
import { REASONS } from '../domain/reason.ts';
import { explained } from '../http/view.ts';
import type { HistoryPage } from '../store/history.ts';
import type { Stretch } from '../store/hours.ts';
import { chartsCard, chartsPlace } from './charts-card.ts';
import { type HistoryQuery, SPANS } from './history-filter.ts';
import { type Html, NOTHING } from './layout.ts';
import { card, incidentLink, stateChip, table, targetCell, took, when } from './parts.ts';

export interface HistoryView extends HistoryPage {
  query: HistoryQuery;
  /** As it stands in the address, to go on from. */
  search: URLSearchParams;
  playbooks: readonly string[];
  /** null where they are counted apart. */
  stretches: readonly Stretch[] | null;
}

const REASONS_LISTED = [...new Set(Object.values(REASONS).flat())].sort();

/** What happened, over whatever time: filters, charts, a list that goes on page by page. */
export function historyPage(view: HistoryView): Html {
  // Charts and export are of all that matches, on whichever page of the list one is.
  const whole = new URLSearchParams(view.search);
  whole.delete('before');
  return html`<section class="state"><h1>History</h1>${filters(view)}</section>
    ${view.stretches === null ? chartsPlace(whole) : chartsCard(view.stretches, view.query.to)}
    ${card('Incidents', list(view), { id: 'incidents', aside: html`<a href="/history.csv?${whole.toString()}" download>Export as CSV</a>` })}`;
}

function filters({ query, playbooks }: HistoryView): Html {
  return html`<form class="filter" method="get" action="/history">
    <label>Time ${select('since', SPANS, query.since ?? '7d')}</label>
    <label>Service <input name="service" value="${query.service ?? ''}" autocomplete="off"></label>
    <label>Playbook ${select('playbook', ['', ...new Set([...playbooks, query.playbook ?? ''])].filter(uniquely), query.playbook ?? '')}</label>
    <label>Outcome ${select('outcome', ['', ...OUTCOMES], query.outcome ?? '')}</label>
    <label>Status ${select('status', ['', 'open', ...STATUSES], query.status ?? '')}</label>
    <label>Reason ${select('reason', ['', ...REASONS_LISTED], query.reason ?? '')}</label>
    <label>From (UTC) <input type="datetime-local" name="from" value="${local(query.from)}"></label>
    <label>To (UTC) <input type="datetime-local" name="to" value="${local(query.to)}"></label>
    <button type="submit">Show</button>
    <a href="/history">Clear</a>
  </form>`;
}

const uniquely = <T>(one: T, i: number, all: readonly T[]): boolean => all.indexOf(one) === i;
const local = (at: Instant | undefined): string =>
  at === undefined ? '' : new Date(at).toISOString().slice(0, 16);

const select = (name: string, options: readonly string[], chosen: string): Html =>
  html`<select name="${name}">${options.map(
    (one) =>
      html`<option value="${one}"${one === chosen ? raw(' selected') : ''}>${one === '' ? 'any' : one.replaceAll('_', ' ')}</option>`,
  )}</select>`;

function list({ incidents, next, search }: HistoryView): Html {
  const more = new URLSearchParams(search);
  if (next !== null) more.set('before', String(next));
  return html`${table(
    'Incidents, newest first',
    ['Incident', 'Target', 'Playbook', 'Ended', 'Why', 'Opened', 'Took'],
    incidents.map((one) => [
      incidentLink(one),
      targetCell(one.target),
      html`${one.playbook ?? 'none'}`,
      stateChip(one),
      html`${explained(one.reason) ?? ''}`,
      when(one.openedAt),
      one.closedAt === null ? html`still open` : took(one.closedAt - one.openedAt),
    ]),
    next === null ? 'There is none.' : 'None among those that were looked through so far.',
  )}
  ${next === null ? NOTHING : html`<p><a class="button" href="/history?${more.toString()}" rel="next">${incidents.length === 0 ? 'Look further back' : 'Older'}</a></p>`}`;
}
