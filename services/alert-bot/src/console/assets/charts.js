// The charts of a filtered history: the server counts them in its own time, and they are put in when they are there.
import { Idiomorph } from '/console/idiomorph.js';

/** The log may change each second; what is drawn is whole hours. */
const AGAIN_AFTER = 60_000;

let asking = false;
let askedAt = Number.NEGATIVE_INFINITY;

async function fetched(address) {
  try {
    const response = await fetch(address, { headers: { accept: 'text/html' } });
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
    return fresh.querySelector('#charts-drawn');
  } catch {
    return null;
  }
}

async function draw() {
  const place = document.querySelector('[data-charts]');
  if (place === null || asking || Date.now() - askedAt < AGAIN_AFTER) return;
  asking = true;
  askedAt = Date.now();
  // Beside what is busy: what is busy is not read out.
  const words = place.querySelector('[role=status]');
  const drawn = place.querySelector('#charts-drawn');
  drawn.setAttribute('aria-busy', 'true');
  words.textContent = 'The charts for these filters are being counted';
  const fresh = await fetched(place.dataset.charts);
  drawn.removeAttribute('aria-busy');
  if (fresh === null) words.textContent = 'The charts could not be fetched: reload the page to try again';
  else {
    Idiomorph.morph(drawn, fresh.innerHTML, { morphStyle: 'innerHTML' });
    const isRefused = fresh.querySelector('.notice') !== null;
    words.textContent = isRefused ? '' : `Counted for these filters at ${new Date().toLocaleTimeString()}`;
  }
  asking = false;
}

/** Whether the page has it from here: a page that comes new has only the place for it. */
export const isDrawnHere = (node) => node instanceof HTMLElement && node.dataset.charts !== undefined;

export function keepCharts() {
  void draw();
  document.addEventListener('refreshed', () => void draw());
}
