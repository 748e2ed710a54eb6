import type { Deps } from '../deps.ts';
import { PlatformError } from '../domain/platform.ts';
import type { Instance } from '../domain/target.ts';
import { type Attempt, callsOf, openAttemptOf } from '../store/attempts.ts';
import { type Incident, incidentById } from '../store/incidents.ts';
import { conclude, makeCalls, STILL_ON_ITS_WAY, settle } from './act.ts';
import { settleDoubt } from './doubt.ts';
import { decideAnew } from './prove.ts';

/**
 * Goes on with an attempt that a crash left in `acting` (G2, G3). What was reserved and never
 * called is decided anew; what was called is compared with its intent, never called again; what was called
 * and answered is proven.
 */
export async function recoverAttempt(deps: Deps, id: number): Promise<void> {
  const incident = incidentById(deps.db, id);
  const attempt = openAttemptOf(deps.db, id);
  if (incident?.status !== 'acting') return;
  if (attempt === undefined) return decideAnew(deps, incident, 'no attempt is open', null);

  const calls = callsOf(deps.db, attempt.id);
  const last = calls.at(-1);
  if (last === undefined)
    return decideAnew(deps, incident, 'not called: it was interrupted before the call', {
      attempt,
      outcome: 'not_called',
    });
  if (last.result === 'done' && last.after !== null) return goOn(deps, incident, attempt, last.after);
  // In doubt, or ended and not concluded: the crash came before the call was answered, or between two commits.
  // The lock counts from now, not from the call: how long we were away is not known to our clock.
  const lockedUntil = deps.monotonic() + attempt.grace + STILL_ON_ITS_WAY;
  const end = await settle(
    deps,
    incident,
    attempt,
    last,
    await settleDoubt(deps, attempt, last, lockedUntil),
  );
  return end.kind === 'done'
    ? goOn(deps, incident, attempt, end.after)
    : conclude(deps, incident, attempt, end);
}

/**
 * The last call is done: the instances that were not called yet come next, then the proof. Where the platform
 * cannot say which those are, they are left alone.
 */
async function goOn(deps: Deps, incident: Incident, attempt: Attempt, after: Instance): Promise<void> {
  const target = await deps.platform.inspect(attempt.target_id).catch((error: unknown) => {
    if (error instanceof PlatformError) return error;
    throw error;
  });
  if (!(target instanceof PlatformError)) return makeCalls(deps, incident, attempt, target);
  if (target.code === 'not_found')
    return conclude(deps, incident, attempt, { kind: 'gone', why: target.message, reached: true });
  return conclude(deps, incident, attempt, { kind: 'done', after });
}
