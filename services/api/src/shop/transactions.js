import { ask, inWords, isGood } from './api.js';
import { byId, make, showProblem } from './dom.js';
import { formatMoney } from './money.js';

/** All, then each status there is. */
const filters = ['all', 'completed', 'declined', 'failed', 'pending', 'unknown'];

/**
 * The list of transactions, page by page, and how many were paid.
 * @returns {{ refresh(): Promise<void>, refreshPaid(): Promise<void> }}
 */
export function setUpTransactions() {
  const rows = byId('rows', HTMLElement);
  const updated = byId('updated', HTMLElement);
  const problem = byId('list-problem', HTMLElement);
  const older = byId('older', HTMLButtonElement);
  const newest = byId('newest', HTMLButtonElement);
  let status = 'all';
  /** @type {string | undefined} the page that is shown; undefined: the newest one */
  let cursor;
  /** @type {string | undefined} */
  let next;
  /** Of the list that is wanted now: an answer to an earlier question is too late. */
  let question = 0;

  const refresh = async () => {
    question += 1;
    const asked = question;
    const query = new URLSearchParams({ limit: '10' });
    if (status !== 'all') query.set('status', status);
    if (cursor !== undefined) query.set('cursor', cursor);
    const answer = await ask('GET', `/transactions?${query}`);
    if (asked !== question) return;
    if (!isGood(answer)) {
      showProblem(problem, `The list cannot be read. ${inWords(answer)}`);
      return;
    }
    showProblem(problem, undefined);
    rows.replaceChildren(...answer.body.transactions.map(row));
    if (answer.body.transactions.length === 0) rows.append(nothing(status));
    next = answer.body.next ?? undefined;
    older.hidden = next === undefined;
    newest.hidden = cursor === undefined;
    updated.textContent = `As of ${time(new Date())}`;
  };

  const refreshPaid = async () => {
    const answer = await ask('GET', '/transactions/stats');
    if (!isGood(answer)) return;
    const { by_status: by, transactions } = answer.body;
    byId('figure-paid', HTMLElement).textContent =
      transactions === 0 ? 'none' : `${by.completed} of ${transactions}`;
  };

  for (const name of filters) {
    const radio = make('input', { type: 'radio', name: 'status', value: name });
    radio.checked = name === status;
    radio.addEventListener('change', () => {
      status = name;
      cursor = undefined;
      void refresh();
    });
    byId('filter', HTMLElement).append(make('label', {}, radio, make('span', {}, name)));
  }
  older.addEventListener('click', () => {
    cursor = next;
    void refresh();
  });
  newest.addEventListener('click', () => {
    cursor = undefined;
    void refresh();
  });
  return { refresh, refreshPaid };
}

/**
 * @param {{ id: string, created_at: string, description: string | null, amount: number, currency: string, status: string }} transaction
 */
function row({ id, created_at, description, amount, currency, status }) {
  const at = new Date(created_at);
  return make(
    'tr',
    {},
    make(
      'td',
      { class: 'when' },
      make('time', { datetime: created_at, title: at.toLocaleString() }, time(at)),
    ),
    make(
      'td',
      { class: 'what' },
      make('a', { href: `/transactions/${encodeURIComponent(id)}` }, description ?? 'no description'),
    ),
    make('td', { class: 'number' }, formatMoney(amount, currency)),
    make('td', {}, make('span', { class: `status ${status}` }, status)),
  );
}

/** @param {string} status */
function nothing(status) {
  const text = status === 'all' ? 'Nothing was bought yet.' : `No transaction is ${status}.`;
  return make('tr', {}, make('td', { colspan: '4', class: 'nothing' }, text));
}

/** @param {Date} date */
function time(date) {
  return date.toLocaleTimeString([], { timeStyle: 'medium', hourCycle: 'h23' });
}
