import type { Instant, Millis } from './domain/duration.ts';

export interface Clock {
  /** Wall-clock time that never goes back, not even behind what an earlier process wrote. */
  now(): Instant;
  /** Milliseconds since this process started, whatever is done to the wall clock. */
  monotonic(): Millis;
  /** How far the wall clock is behind log time: it was set back. */
  behind(): Millis;
}

/**
 * While the wall clock is behind the log, log time goes on with the process's own clock: a wait must end, and
 * time that stands still would end none.
 * @param latest the latest time in the log
 */
export function createClock(
  latest: Instant,
  wall: () => Instant = Date.now,
  monotonic: () => Millis = () => performance.now(),
): Clock {
  let last = latest;
  let seen = monotonic();
  const now = (): Instant => {
    const elapsed = Math.max(0, Math.round(monotonic() - seen));
    seen += elapsed;
    last = Math.max(last + elapsed, wall());
    return last;
  };
  return { now, monotonic, behind: () => Math.max(0, now() - wall()) };
}
