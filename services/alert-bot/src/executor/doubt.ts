import type { Deps } from '../deps.ts';
import type { Millis } from '../domain/duration.ts';
import { PlatformError } from '../domain/platform.ts';
import type { Instance } from '../domain/target.ts';
import type { Attempt, Call } from '../store/attempts.ts';
import type { CallEnd } from './act.ts';

const LOOK_EVERY: Millis = 500;
/** A target between stop and start is not running for a moment; only what stays so was left stopped. */
const STAYS_STOPPED: Millis = 2_000;

/** Whether the platform shows that something happened to an instance since the intent was written. */
export function changed(before: Instance, now: Instance): boolean {
  return (
    before.id !== now.id ||
    before.startedAt !== now.startedAt ||
    before.finishedAt !== now.finishedAt ||
    before.running !== now.running ||
    before.restartCount !== now.restartCount
  );
}

/**
 * Finds out what became of a call that may have been carried out: after a crash, a time-out or a lost
 * connection. Look, then lock, then conclude (G3): the instance is compared with what the intent stored,
 * never with our clock. Unchanged, it may still be on its way until `lockedUntil`, and nothing else is done
 * to the target before that.
 * @param lockedUntil on the clock of `deps.monotonic`
 */
export async function settleDoubt(
  deps: Deps,
  attempt: Attempt,
  call: Call,
  lockedUntil: Millis,
): Promise<CallEnd> {
  let stoppedSince: Millis | null = null;
  for (;;) {
    const seen = await look(deps, attempt, call.instance_id);
    const now = deps.monotonic();
    if (seen === 'gone') return { kind: 'gone', why: 'the instance is gone', reached: true };
    if (seen !== 'unknown' && changed(call.before, seen)) {
      if (seen.running) return { kind: 'done', after: seen };
      stoppedSince ??= now;
      if (now - stoppedSince >= STAYS_STOPPED)
        return { kind: 'stopped', why: 'it was stopped and did not start again' };
    } else {
      stoppedSince = null;
    }
    if (now >= lockedUntil) {
      if (seen === 'unknown')
        return { kind: 'lost', why: 'the platform did not say what became of the call' };
      // What was stopped before the call and still is, is down; what still runs as before was not touched.
      if (seen.running) return { kind: 'not_done', why: 'the instance is as it was before the call' };
      return { kind: 'stopped', why: 'the instance is still not running' };
    }
    await deps.sleep(LOOK_EVERY);
  }
}

async function look(deps: Deps, attempt: Attempt, id: string): Promise<Instance | 'gone' | 'unknown'> {
  try {
    const target = await deps.platform.inspect(attempt.target_id);
    return target.instances.find((instance) => instance.id === id) ?? 'gone';
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    return error.code === 'not_found' ? 'gone' : 'unknown';
  }
}
