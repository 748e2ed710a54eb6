import type { Millis } from '../domain/duration.ts';

/** What stands on a page changes a little by itself, such as which attempts are left. */
const OLDEST: Millis = 5_000;

/**
 * What is made for one page serves all that ask after it: until pages are told of a change again, or it is too old.
 * @param told grows whenever a page is told how it is, so that none gets what is older than what it was told
 */
export function createSharedView<T>(
  make: () => Promise<T>,
  { told, monotonic }: { told(): number; monotonic(): Millis },
) {
  let last: { told: number; at: Millis; made: Promise<T> } | null = null;

  function anew(): Promise<T> {
    const here = { told: told(), at: monotonic(), made: make() };
    last = here;
    here.made.catch(() => {
      if (last === here) last = null;
    });
    return here.made;
  }

  return {
    /** For whoever may have changed something just now. */
    anew,
    recent: (): Promise<T> =>
      last !== null && last.told === told() && monotonic() - last.at < OLDEST ? last.made : anew(),
  };
}
