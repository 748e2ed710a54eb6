import type { Instant, Millis } from '../domain/duration.ts';
import type { Sample } from '../domain/signals.ts';

/** What is remembered of a selector from one look to the next. */
export interface Scraped {
  /** The youngest sample that was looked at. */
  last: Instant;
  every: Millis;
}

export interface ScrapeState {
  at: Instant;
  /** 1: every series was up, 0: none, 2: some of several, null: there are no samples any more. */
  up: 0 | 1 | 2 | null;
  every: Millis;
}

const UNLESS_KNOWN: Millis = 15_000;
/** What a busy Prometheus may be late by. */
const JITTER: Millis = 250;
/** Intervals are told in such steps, so that the same one is always told the same. */
const STEP: Millis = 500;
/** Samples back from the youngest, to each of which the interval may be. */
const CANDIDATES = 40;

/**
 * Tells samples in few words: how the scrapes went from which one on. Several series come together, without names, so that
 * those of one round are told as one.
 * @param samples oldest first, of the last `back`
 */
export function noteScrapes(
  samples: readonly Sample[],
  back: Millis,
  before: Scraped | null,
  now: Instant,
): { states: ScrapeState[]; next: Scraped } {
  const every = intervalOf(samples, before?.every ?? null) ?? before?.every ?? UNLESS_KNOWN;
  const last = before?.last ?? Number.NEGATIVE_INFINITY;
  const states: ScrapeState[] = [];
  let newest = last;
  samples.forEach(({ at }, i) => {
    if (at <= last) return;
    newest = Math.max(newest, at);
    // Series that are scraped at once are one round: it is told when all of them are seen.
    if ((samples[i + 1]?.at ?? Number.POSITIVE_INFINITY) - at <= JITTER) return;
    states.push({ at, every, up: roundOf(samples, i, every - JITTER) });
  });
  // The series ended, or nobody scrapes.
  const youngest = samples.at(-1)?.at ?? last;
  // Right after a start there are none yet, and none are asked for that are older.
  if (back > 3 * every && now - youngest > 3 * every)
    states.push({ at: Math.max(now - 2 * every, newest + JITTER), every, up: null });
  return { states, next: { last: newest, every } };
}

/** How the round of scrapes went that ends with a sample. */
function roundOf(samples: readonly Sample[], i: number, long: Millis): 0 | 1 | 2 {
  const end = samples[i]?.at ?? 0;
  let up = 0;
  let all = 0;
  for (let k = i; k >= 0; k--) {
    const sample = samples[k];
    if (sample === undefined || sample.at <= end - long) break;
    all += 1;
    if (sample.value === 1) up += 1;
  }
  return up === all ? 1 : up === 0 ? 0 : 2;
}

/**
 * The time between two rounds, or null where there is one at most: that after which the most samples have another one. Each
 * series is scraped at a moment of its own, so that the next sample may come sooner; a hole makes it longer.
 * @param before what it was taken for, which holds as long as nothing speaks more for another
 */
function intervalOf(samples: readonly Sample[], before: Millis | null): Millis | null {
  const times = [...new Set(samples.map(({ at }) => at))];
  const newest = times.at(-1) ?? 0;
  const gaps = times
    .slice(-CANDIDATES, -1)
    .reverse()
    .map((at) => newest - at)
    .filter((gap) => gap > JITTER);
  let best: { every: Millis; count: number } | null = null;
  for (const gap of before === null ? gaps : [before, ...gaps]) {
    const count = followersOf(times, gap);
    if (count > (best?.count ?? 0)) best = { every: Math.max(STEP, Math.round(gap / STEP) * STEP), count };
  }
  return best?.every ?? null;
}

/** How many of some times have another one so much before them. */
function followersOf(times: readonly Instant[], gap: Millis): number {
  let count = 0;
  let k = 0;
  for (const at of times) {
    while ((times[k] ?? at) < at - gap - JITTER) k += 1;
    if (Math.abs(at - gap - (times[k] ?? at)) <= JITTER) count += 1;
  }
  return count;
}
