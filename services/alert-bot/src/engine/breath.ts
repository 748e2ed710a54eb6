import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { Millis } from '../domain/duration.ts';

/** How long the engine works on end: so much later, at most, a request is answered for it. */
export const SLICE: Millis = 4;

/** While requests flood in they have so many times what the engine has had: it is never starved, and never in their way. */
const FOR_OTHERS = 4;
/** A turn of the event loop that took less had nobody in it who wants more. */
const QUIET: Millis = 1;

/**
 * Lets requests have the event loop once the engine has had its slice of it. What was acknowledged waits in the log; what was
 * not is lost to its sender for now, so that a flood of requests goes first.
 * @param atDisk ends when no request waits for the disk: nothing happens meanwhile, and yet they are there; null where none waits
 */
export function createBreath(
  monotonic: () => Millis,
  atDisk: () => Promise<void> | null = () => null,
): () => Promise<void> {
  let since = monotonic();
  return async () => {
    const began = monotonic();
    const had = began - since;
    if (had < SLICE) return;
    // What it waited for itself, such as a platform's answer, was nobody's loss.
    const owed = Math.min(had, 2 * SLICE) * FOR_OTHERS;
    for (let turn = began, now = began; now - began < owed; turn = now) {
      await nextTurn();
      now = monotonic();
      if (now - turn >= QUIET) continue;
      const crowd = atDisk();
      if (crowd === null) break;
      // A disk may never answer; the engine ends all the same.
      await Promise.race([crowd, delay(owed)]);
      now = monotonic();
    }
    since = monotonic();
  };
}
