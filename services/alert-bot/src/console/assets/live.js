// Keeps the page up to date: the server says that something changed, and the page is asked for again and compared with what
// stands here. What the reader has opened, typed or focused stays.
import { isDrawnHere } from '/console/charts.js';
import { Idiomorph } from '/console/idiomorph.js';
import { showTimes } from '/console/times.js';

/** A beat comes each 15 s; without two of them the connection is lost, whatever the browser believes. */
const SILENT_AFTER = 35_000;
/** At most so often, however much happens; and so that all pages together do not ask more than twenty times a second. */
const REFRESH_EVERY = 1_000;
const REFRESH_EVERY_PER_PAGE = 50;

const lamp = document.querySelector('#live');
const words = document.querySelector('#live-text');
let freshAt = Date.now();
let heardAt = Date.now();
let refreshing = false;
let again = false;
let pages = 1;
let isOver = false;

function say(state, text) {
  if (isOver) return;
  lamp.dataset.state = state;
  if (words.textContent !== text) words.textContent = text;
}

const clock = (at) => new Date(at).toLocaleTimeString();
const lost = () => say('lost', `Connection lost: this is how it was at ${clock(freshAt)}`);

/** Nobody is signed in any more: to the sign-in and back here, unless something would be lost by that. */
function leave() {
  if (isOver) return;
  const address = `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`;
  const isAnswer = document.querySelector('main').dataset.change === undefined;
  if (!isAnswer && document.querySelector('form[data-dirty=true]') === null) return location.assign(address);
  say('lost', '');
  const link = document.createElement('a');
  link.href = address;
  link.textContent = 'sign in';
  words.replaceChildren('Your session is over. This page stays until you ', link);
  isOver = true;
}

/** What somebody is writing; of a field that no form sends, also what they wrote before. */
const isTheirs = (node) =>
  node instanceof HTMLFormElement
    ? node.dataset.dirty === 'true'
    : node instanceof HTMLInputElement && node.form === null;

const keep = {
  ignoreActiveValue: true,
  callbacks: {
    beforeNodeMorphed: (old) => !isDrawnHere(old) && !isTheirs(old),
    beforeAttributeUpdated: (name, element) => !(name === 'open' && element instanceof HTMLDetailsElement),
  },
};

const rest = (length) => new Promise((resolve) => setTimeout(resolve, length));

async function refresh() {
  if (refreshing) {
    again = true;
    return;
  }
  refreshing = true;
  // All of them hear of it in one moment: each asks at another one within the time that they have.
  const apart = Math.random() * (pages - 1) * REFRESH_EVERY_PER_PAGE;
  await rest(apart);
  again = false;
  try {
    const response = await fetch(location.href, {
      headers: { accept: 'text/html', 'x-alert-bot-refresh': '1' },
    });
    if (response.redirected && new URL(response.url).pathname === '/sign-in') {
      leave();
      return;
    }
    if (!response.ok) throw new Error(`the bot answered ${response.status}`);
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
    const main = fresh.querySelector('main');
    // A message is for the page that it was said on.
    const said = document.querySelector('main > .notice');
    if (said !== null && main.querySelector(':scope > .notice') === null) main.prepend(said.cloneNode(true));
    Idiomorph.morph(document.querySelector('main'), main, { morphStyle: 'outerHTML', ...keep });
    document.body.dataset.state = fresh.body.dataset.state;
    document.title = fresh.title;
    freshAt = Date.now();
    showTimes();
    document.dispatchEvent(new Event('refreshed'));
    say('live', 'Live');
  } catch {
    lost();
  } finally {
    await rest(Math.max(REFRESH_EVERY, pages * REFRESH_EVERY_PER_PAGE) - apart);
    refreshing = false;
    if (again) {
      again = false;
      void refresh();
    }
  }
}

export function keepLive() {
  document.addEventListener('input', (event) => {
    const form = event.target.closest('form');
    if (form !== null) form.dataset.dirty = 'true';
  });
  say('waiting', 'Connecting');
  const source = new EventSource('/console/news');
  const heard = () => {
    heardAt = Date.now();
  };
  source.addEventListener('open', () => {
    heard();
    say('live', 'Live');
  });
  source.addEventListener('beat', () => {
    heard();
    freshAt = heardAt;
  });
  source.addEventListener('change', ({ data }) => {
    heard();
    // The first one says how it is now. A page without a state is an answer, and stays as it is.
    const { change } = document.querySelector('main').dataset;
    const [now, open] = data.split(' ');
    pages = Number(open);
    if (change !== undefined && change !== now) void refresh();
  });
  source.addEventListener('over', () => {
    source.close();
    leave();
  });
  source.addEventListener('error', () => {
    lost();
    // Refused for good, such as when the session is over: the browser does not try again by itself.
    if (source.readyState === EventSource.CLOSED) void refresh();
  });
  setInterval(() => {
    if (Date.now() - heardAt > SILENT_AFTER) lost();
  }, 1_000);
  // Otherwise the browser shows the page of before from its memory, and its connection is gone.
  addEventListener('pageshow', (event) => event.persisted && location.reload());
}
