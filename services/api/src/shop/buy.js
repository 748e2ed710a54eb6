import { ask, inWords, isGood } from './api.js';
import { byId, make, showProblem } from './dom.js';
import { currencies, digitsOf, formatMoney, parseMoney } from './money.js';
import { picture } from './pictures.js';

/**
 * The last one is above the limit of the gateway, so that a decline can be seen.
 * @type {readonly { what: string, amount: number, currency: string, picture: Parameters<typeof picture>[0] }[]}
 */
const goods = [
  { what: 'Tea', amount: 450, currency: 'EUR', picture: 'tea' },
  { what: 'Book', amount: 1890, currency: 'EUR', picture: 'book' },
  { what: 'Headphones', amount: 12900, currency: 'USD', picture: 'headphones' },
  { what: 'Castle', amount: 125000000, currency: 'EUR', picture: 'castle' },
];

/**
 * Sets up the form. `onBought` is called when the list may have changed.
 * @param {() => void} onBought
 */
export function setUpBuying(onBought) {
  const form = byId('buy-form', HTMLFormElement);
  const description = byId('description', HTMLInputElement);
  const amount = byId('amount', HTMLInputElement);
  const currency = byId('currency', HTMLSelectElement);
  const pay = byId('pay', HTMLButtonElement);
  const problem = byId('amount-problem', HTMLElement);
  const outcome = byId('outcome', HTMLElement);

  currency.append(...currencies.map((code) => make('option', { value: code }, code)));
  // Until here a click would submit the form without us, and nothing would be bought.
  pay.disabled = false;

  const label = () => {
    const read = parseMoney(amount.value, currency.value);
    pay.textContent = 'minor' in read ? `Pay ${formatMoney(read.minor, currency.value)}` : 'Pay';
  };
  /** @param {typeof goods[number]} good */
  const take = (good) => {
    description.value = good.what;
    currency.value = good.currency;
    amount.value = (good.amount / 10 ** digitsOf(good.currency)).toFixed(digitsOf(good.currency));
    showProblem(problem, undefined);
    amount.removeAttribute('aria-invalid');
    label();
  };
  for (const good of goods) {
    const tile = make(
      'button',
      { type: 'button', class: 'tile' },
      picture(good.picture),
      make('span', {}, good.what),
      make('span', { class: 'quiet' }, formatMoney(good.amount, good.currency)),
    );
    tile.addEventListener('click', () => take(good));
    byId('goods', HTMLElement).append(tile);
  }
  amount.addEventListener('input', label);
  currency.addEventListener('input', label);

  /**
   * The same key is sent again with "Try again": bought once, however often it is asked for.
   * @param {{ amount: number, currency: string, description: string | null }} wanted
   * @param {string} key
   */
  const buy = async (wanted, key) => {
    pay.disabled = true;
    pay.setAttribute('aria-busy', 'true');
    outcome.replaceChildren(make('p', { class: 'notice' }, 'Asking the payment gateway…'));
    const answer = await ask('POST', '/transactions', { body: wanted, headers: { 'idempotency-key': key } });
    pay.disabled = false;
    pay.removeAttribute('aria-busy');
    outcome.replaceChildren(tellOutcome(answer, () => void buy(wanted, key)));
    onBought();
  };

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const read = parseMoney(amount.value, currency.value);
    const words = 'problem' in read ? read.problem : undefined;
    showProblem(problem, words);
    amount.toggleAttribute('aria-invalid', words !== undefined);
    if ('problem' in read) {
      amount.focus();
      return;
    }
    const text = description.value.trim();
    void buy(
      { amount: read.minor, currency: currency.value, description: text === '' ? null : text },
      crypto.randomUUID(),
    );
  });
  const [first] = goods;
  if (first !== undefined) take(first);
}

/**
 * @param {string | undefined} code
 * @param {boolean} isOpen
 * @param {boolean} isKept
 */
function failureOf(code, isOpen, isKept) {
  if (code === 'key_in_flight') return 'Not answered yet';
  if (isOpen) return 'Not known yet';
  return isKept ? 'Failed' : 'Not bought';
}

/**
 * @param {import('./api.js').Answer} answer
 * @param {() => void} again
 */
function tellOutcome(answer, again) {
  const transaction = isGood(answer) ? answer.body : answer.body?.error?.transaction;
  const code = answer.body?.error?.code;
  // Without an answer, too, the money may be held.
  const isOpen = code === 'key_in_flight' || code === 'outcome_unknown' || answer.status === 0;
  const [kind, title] = isGood(answer)
    ? ['good', `Completed: ${formatMoney(transaction.amount, transaction.currency)} paid`]
    : answer.status === 402
      ? ['warn', 'Declined']
      : ['bad', failureOf(code, isOpen, transaction !== undefined)];
  const notice = make('div', { class: `notice ${kind}`, 'data-outcome': kind }, make('strong', {}, title));
  if (!isGood(answer)) notice.append(make('p', {}, inWords(answer)));

  const facts = make('dl', { class: 'facts' });
  /** @type {[string, string | undefined][]} */
  const known = [
    ['Transaction', transaction?.id],
    ['Reason', answer.body?.error?.reason?.replaceAll('_', ' ')],
    ['Trace', answer.traceId],
    ['Request', isGood(answer) ? undefined : answer.requestId],
    ['Took', answer.status === 0 ? undefined : `${answer.ms} ms`],
  ];
  for (const [name, value] of known) {
    if (value === undefined) continue;
    const shown =
      name === 'Transaction'
        ? make('a', { href: `/transactions/${encodeURIComponent(value)}` }, value)
        : value;
    facts.append(make('dt', {}, name), make('dd', {}, shown));
  }
  notice.append(facts);
  // Only where nobody knows what became of it, or nothing did: "Pay" is another purchase.
  if (isOpen || answer.status === 500 || answer.status === 503) {
    const button = make('button', { type: 'button' }, 'Try again');
    button.addEventListener('click', again);
    notice.append(button);
  }
  return notice;
}
