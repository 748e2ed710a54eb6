import { html } from 'hono/html';
import type { CountResult } from '../apart/count.ts';
import type { Instant } from '../domain/duration.ts';
import type { Stretch } from '../store/hours.ts';
import { charts } from './charts.ts';
import type { HistoryQuery } from './history-filter.ts';
import type { Html } from './layout.ts';
import { card, chip } from './parts.ts';

const TITLE = 'In this time';
const NOTE =
  'Of the incidents that match and that the log still has, in whole hours: by when they ended, and when something was done about them.';

/** The charts of a time, whatever happened in it. */
export const chartsCard = (stretches: readonly Stretch[], to: Instant | undefined): Html =>
  card(
    TITLE,
    html`${charts(stretches, to)}<p class="quiet">Of all incidents, also of those that the log no longer has, in whole hours.</p>`,
    { id: 'charts' },
  );

/** Where the charts of a filter come to stand: the script asks for them, and without one a link leads there. */
export const chartsPlace = (search: URLSearchParams): Html =>
  card(
    TITLE,
    html`<div data-charts="/history/charts?${search.toString()}">
      <p class="quiet" role="status"><a href="/history/charts?${search.toString()}">Show the charts for these filters</a></p>
      <div id="charts-drawn"></div>
    </div>`,
    { id: 'charts' },
  );

const REFUSED = {
  busy: 'Too many charts are being counted already. Try again in a moment.',
  too_long:
    'It took too long, and was given up. Choose a shorter time, or fewer incidents: a filter by target, service or playbook is quickest.',
};

/** What was counted, as a page of its own; the script takes the charts out of it. */
export function chartsPage(result: CountResult, query: HistoryQuery, search: URLSearchParams): Html {
  const asked = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || HOW_LONG.includes(name) ? [] : [`${name} ${value}`],
  );
  return html`<section class="state">
      <p class="crumb"><a href="/history?${search.toString()}">History</a></p>
      <h1>Charts of the history</h1>
      <p class="line">${asked.length === 0 ? html`all incidents` : asked.map((one) => html`${chip(one)} `)}</p>
    </section>
    ${card(TITLE, html`<div id="charts-drawn">${drawn(result, query.to)}</div>`, { id: 'charts' })}`;
}

const HOW_LONG: readonly string[] = ['since', 'from', 'to', 'before'];

const drawn = (result: CountResult, to: Instant | undefined): Html =>
  'refused' in result
    ? html`<p class="notice refused" role="alert">${REFUSED[result.refused]}</p>`
    : html`${charts(result.stretches, to)}<p class="quiet">${NOTE}</p>`;
