import type { Instant, Millis } from './domain/duration.ts';

export interface Clock {
  /** Wall-clock time that never goes back, not even behind what an earlier process wrote. */
  now(): Instant;
  /** Milliseconds since this process started, whatever is done to the wall clock. */
  monotonic(): Millis;
}

/** @param latest the latest time in the log */
export function createClock(latest: Instant): Clock {
  let last = latest;
  return {
    now: () => {
      last = Math.max(last, Date.now());
      return last;
    },
    monotonic: () => performance.now(),
  };
}
