import type { Instant, Millis } from './domain/duration.ts';
import type { ClockJump } from './domain/facts.ts';

/** Wall and monotonic time apart by so much within a minute or two are a jump (design §4); NTP slews by far less. */
const JUMP: Millis = 30_000;
/**
 * What sets a clock often sets it twice (a guess at resume, then NTP), and the platform and Prometheus have to follow:
 * after a minute without another jump the wall clock is believed again.
 */
const STEADY_FOR: Millis = 60_000;
/** So much slower log time goes where it is ahead of the wall clock: every wait still ends, and the two meet again. */
const SLOWED = 0.5;

export interface Clock {
  /** Wall-clock time that never goes back, not even behind what an earlier process wrote. */
  now(): Instant;
  /** Milliseconds since this process started, whatever is done to the wall clock. */
  monotonic(): Millis;
  /** How far the wall clock is behind log time: it was set back. */
  behind(): Millis;
  /** The highest that the wall clock was, or what it says: up to then times may be of before it was set back. */
  newFrom(): Instant;
  /** Set from the moment a jump is seen until it is over (`resume`): everything holds. */
  jump(): ClockJump | null;
  /** How far log time is to leap now that the clock was steady for long enough; null where there is nothing to end. */
  leap(): Millis | null;
  /** Ends a jump: log time follows the wall clock again. */
  resume(): void;
}

export interface ClockOptions {
  /** The latest time in the log. */
  latest: Instant;
  /** By how much the clock had jumped when the process before this one ended and had not let go of it yet. */
  jumped?: Millis | null;
  wall?: () => Instant;
  monotonic?: () => Millis;
}

/**
 * While the wall clock is behind the log, log time goes on at half the speed, and while it has just jumped at the speed of
 * the process's own clock: a wait must end, and time that stands still would end none; time that leaps would end all.
 */
export function createClock({
  latest,
  jumped: inherited = null,
  wall = Date.now,
  monotonic = () => performance.now(),
}: ClockOptions): Clock {
  let last = inherited === null ? Math.max(latest, wall()) : latest;
  let highest = Math.max(latest, inherited === null ? wall() : latest);
  let seen = monotonic();
  /** What the wall clock had ahead of the process's own, and when that was last looked at. */
  let ahead = wall() - seen;
  let comparedAt = seen;
  let jumped: { by: Millis; until: Instant; over: Millis } | null = null;
  if (inherited !== null) jumped = { by: inherited, until: last + STEADY_FOR, over: seen + STEADY_FOR };

  const now = (): Instant => {
    const at = monotonic();
    const elapsed = Math.max(0, at - seen);
    seen += elapsed;
    const by = compare(at);
    if (by !== null) jumped = { by, until: Math.round(last + elapsed) + STEADY_FOR, over: at + STEADY_FOR };
    if (jumped !== null) {
      last += elapsed;
      return Math.round(last);
    }
    const outside = wall();
    highest = Math.max(highest, outside);
    last = Math.max(outside, last + elapsed * SLOWED);
    return Math.round(last);
  };

  /** @returns by how much the wall clock has jumped since it was last compared, or null */
  function compare(at: Millis): Millis | null {
    const moved = wall() - at - ahead;
    if (Math.abs(moved) < JUMP && (jumped !== null || at - comparedAt < STEADY_FOR)) return null;
    ahead += moved;
    comparedAt = at;
    return Math.abs(moved) < JUMP ? null : Math.round(moved);
  }

  return {
    now,
    monotonic,
    behind: () => Math.max(0, now() - wall()),
    newFrom() {
      now();
      // What has just leapt may be set right again.
      return jumped === null ? Math.max(highest, wall()) : highest;
    },
    jump() {
      now();
      return jumped === null ? null : { by: jumped.by, until: jumped.until };
    },
    leap() {
      const at = now();
      if (jumped === null || monotonic() < jumped.over) return null;
      return Math.max(0, wall() - at);
    },
    resume() {
      now();
      if (jumped !== null && monotonic() >= jumped.over) jumped = null;
    },
  };
}
