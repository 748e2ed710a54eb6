import type { Deps } from '../deps.ts';
import type { Millis } from '../domain/duration.ts';
import type { Instance } from '../domain/target.ts';
import type { Attempt } from '../store/attempts.ts';
import { instancesNow, LOOK_EVERY, unknownIfAway } from './look.ts';

/** A deploy that removes a container before it makes the next one leaves a gap; what is gone for longer is gone. */
const GAP_OF_A_DEPLOY: Millis = 30_000;

/**
 * What stands in the place of an instance that is gone: a deploy may have replaced it between the call and the look.
 * @returns the instances of the target now; none where nothing came in its place
 */
export async function successorsOf(deps: Deps, attempt: Attempt): Promise<readonly Instance[]> {
  const giveUpAt = deps.monotonic() + GAP_OF_A_DEPLOY;
  for (;;) {
    const now = await instancesNow(deps, attempt).catch(unknownIfAway);
    if (now !== 'unknown' && now.length > 0) return now;
    if (deps.monotonic() >= giveUpAt) return [];
    await deps.sleep(LOOK_EVERY);
  }
}
