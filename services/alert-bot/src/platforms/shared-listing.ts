import type { Millis } from '../domain/duration.ts';
import type { Platform } from '../domain/platform.ts';

/** A list of all is for what concerns them all: labels, dependencies, how many there are. Those change seldom. */
const FRESH: Millis = 1_000;
/** A list that takes long is kept for so many times as long: asking for it takes a twentieth of the time at most. */
const TIMES_AS_LONG = 20;
/** Not longer than this, however long it takes: a target that is new counts by then. */
const KEPT_AT_MOST: Millis = 30_000;

/**
 * Shares one list of all targets among those who ask within a second, or more where it takes long: a hundred incidents are
 * one question, which is dear on Docker. One target (`find`, `inspect`) is always asked for anew: right before a call nothing may be old.
 */
export function shareListing(platform: Platform, monotonic: () => Millis): Platform {
  let shared: { list: ReturnType<Platform['list']>; until: Millis } | null = null;
  return {
    ...platform,
    list() {
      if (shared !== null && monotonic() < shared.until) return shared.list;
      const began = monotonic();
      const mine = { list: platform.list(), until: Number.POSITIVE_INFINITY };
      shared = mine;
      const keep = (length: Millis) => {
        mine.until = monotonic() + Math.max(FRESH, length);
      };
      mine.list.then(
        () => keep(Math.min(KEPT_AT_MOST, (monotonic() - began) * TIMES_AS_LONG)),
        () => keep(FRESH),
      );
      return mine.list;
    },
  };
}
