import { html, raw } from 'hono/html';
import type { Decision } from '../domain/decision.ts';
import { formatDuration, type Instant, type Millis } from '../domain/duration.ts';
import type { BudgetLeft } from '../policy/limits.ts';
import type { Incident } from '../store/incidents.ts';
import { type Html, NOTHING } from './layout.ts';

/** A time of the log. The browser turns it into the reader's own; without a script it is UTC and says so. */
export const when = (at: Instant | null, otherwise = '–'): Html => {
  if (at === null) return html`${otherwise}`;
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC</time>`;
};

/** A time of the log, and how far it is off. */
export const ago = (at: Instant | null, now: Instant): Html => {
  if (at === null) return html`–`;
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}" data-relative>${relative(at, now)}</time>`;
};

/** `in 8s`, `3m ago`; the browser counts on. */
export function relative(at: Instant, now: Instant): string {
  const off = at - now;
  const length = short(Math.abs(off));
  return off > 0 ? `in ${length}` : `${length} ago`;
}

/** Two units at most: of days the seconds say nothing. */
export function short(length: Millis): string {
  const unit = length >= 24 * 3_600_000 ? 3_600_000 : length >= 3_600_000 ? 60_000 : 1_000;
  return formatDuration(Math.round(length / unit) * unit);
}

/** What a status or an outcome is called, and which colour it has. */
const TONES: Readonly<Record<string, 'good' | 'work' | 'warn' | 'bad' | 'still'>> = {
  healed: 'good',
  recovered: 'good',
  new: 'work',
  queued: 'work',
  acting: 'work',
  proving: 'work',
  deferred: 'warn',
  awaiting_approval: 'bad',
  escalated: 'bad',
  lost: 'bad',
  handed_over: 'bad',
  dismissed: 'still',
  closed: 'still',
};

/** In words, so that no colour has to be seen. */
export const chip = (word: string): Html =>
  html`<span class="chip ${TONES[word] ?? 'still'}">${word.replaceAll('_', ' ')}</span>`;

export const stateChip = ({ outcome, status }: Pick<Incident, 'outcome' | 'status'>): Html =>
  chip(outcome ?? status);

/** A name in a table: not squeezed by the sentences beside it. */
export const nameCell = (name: string): Html => html`<span class="name">${name}</span>`;

export const targetCell = (target: string | null): Html => (target === null ? html`none` : nameCell(target));

/** A length of time in a table, in one piece. */
export const took = (length: Millis): Html => html`<span class="whole">${short(length)}</span>`;

/** Attempts left in each window, drawn. */
export const budgetBars = (budgets: readonly BudgetLeft[]): Html =>
  budgets.length === 0
    ? html`<span class="quiet">no playbook may act on it</span>`
    : html`<ul class="budgets">${budgets.map(
        ({ attempts, left, per }) =>
          html`<li><svg class="bar" viewBox="0 0 60 8" width="60" height="8" aria-hidden="true"><rect class="track" width="60" height="8" rx="4"/><rect class="fill ${left === 0 ? 'bad' : ''}" width="${Math.round((60 * left) / attempts)}" height="8" rx="4"/></svg> <span>${left} of ${attempts} left per ${formatDuration(per)}</span></li>`,
      )}</ul>`;

/** A table with its head; on a narrow screen each row is a card, named by `data-label`. */
export function table(
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly Html[])[],
  empty: string,
): Html {
  if (rows.length === 0) return html`<p class="quiet">${empty}</p>`;
  return html`<table>
    <caption class="visually-hidden">${caption}</caption>
    <thead><tr>${columns.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
    <tbody>${rows.map(
      (cells) =>
        html`<tr>${cells.map((cell, i) => html`<td data-label="${columns[i] ?? ''}"><div>${cell}</div></td>`)}</tr>`,
    )}</tbody>
  </table>`;
}

export const card = (title: string, body: Html, more: { id?: string; aside?: Html } = {}): Html =>
  html`<section class="card"${more.id === undefined ? '' : raw(` id="${more.id}"`)}>
    <div class="headline"><h2>${title}</h2>${more.aside ?? NOTHING}</div>
    ${body}
  </section>`;

export const incidentLink = ({ id, title }: Pick<Incident, 'id' | 'title'>): Html =>
  html`<a class="name" href="/incidents/${id}">#${id} ${title}</a>`;

/** What each guard answered, and why. */
export const guardList = (guards: Decision['guards']): Html =>
  html`<ul class="guards">${guards.map(
    ({ guard, answer, because }) =>
      html`<li class="${answer}"><span class="answer">${answer}</span> <strong>${guard}</strong> ${because}</li>`,
  )}</ul>`;
