import type { Deps } from '../deps.ts';
import { type Attempt, type Call, callsOf, openAttemptOf } from '../store/attempts.ts';
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
  if (last.ended_at === null) {
    return lookAndConclude(deps, incident, attempt, last);
  }
  if (last.result === 'done' && last.after !== null) {
    const target = await deps.platform.inspect(attempt.target_id);
    const called = new Set(calls.map((call) => call.instance_id));
    if (target.instances.some((instance) => !called.has(instance.id)))
      return makeCalls(deps, incident, attempt, target);
    return conclude(deps, incident, attempt, { kind: 'done', after: last.after });
  }
  // Ended and not concluded: the crash came between two commits.
  return lookAndConclude(deps, incident, attempt, last);
}

async function lookAndConclude(deps: Deps, incident: Incident, attempt: Attempt, call: Call): Promise<void> {
  // The lock counts from now, not from the call: how long we were away is not known to our clock.
  const lockedUntil = deps.monotonic() + attempt.grace + STILL_ON_ITS_WAY;
  const end = await settleDoubt(deps, attempt, call, lockedUntil);
  return conclude(deps, incident, attempt, await settle(deps, incident, attempt, call, end));
}
