import type { Instant, Millis } from '../domain/duration.ts';

// Prometheus does what it does each so often: scrapes, and evaluations of a rule.

/** The last of times that are `every` apart, one of which is `at`. */
export const lastRound = (at: Instant, every: Millis, now: Instant): Instant =>
  at + Math.floor((now - at) / every) * every;

/** Times from one to another that are `every` apart, one of which is `at`. */
export function rounds(at: Instant, every: Millis, from: Instant, to: Instant): Instant[] {
  const times: Instant[] = [];
  for (let time = at + Math.ceil((from - at) / every) * every; time <= to; time += every) times.push(time);
  return times;
}
