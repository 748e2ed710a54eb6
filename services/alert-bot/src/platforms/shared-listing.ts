import type { Millis } from '../domain/duration.ts';
import type { Platform } from '../domain/platform.ts';

/** A list of all is for what concerns them all: labels, dependencies, how many there are. Those change seldom. */
const FRESH: Millis = 1_000;

/**
 * Shares one list of all targets among those who ask within a second: a hundred incidents are one question, which is dear
 * on Docker. One target (`find`, `inspect`) is always asked for anew: right before a call nothing may be old.
 */
export function shareListing(platform: Platform, monotonic: () => Millis): Platform {
  let shared: { list: ReturnType<Platform['list']>; until: Millis } | null = null;
  return {
    ...platform,
    list() {
      if (shared !== null && monotonic() < shared.until) return shared.list;
      const mine = { list: platform.list(), until: Number.POSITIVE_INFINITY };
      shared = mine;
      const answered = () => {
        mine.until = monotonic() + FRESH;
      };
      mine.list.then(answered, answered);
      return mine.list;
    },
  };
}
