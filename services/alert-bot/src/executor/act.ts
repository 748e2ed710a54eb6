import { escalate } from '../decision/conclude.ts';
import type { Deps } from '../deps.ts';
import type { Millis } from '../domain/duration.ts';
import { PlatformError, type Verb } from '../domain/platform.ts';
import type { EscalateReason } from '../domain/reason.ts';
import { type Instance, type Target, whyUnwell } from '../domain/target.ts';
import {
  type Attempt,
  type AttemptOutcome,
  type Call,
  callsOf,
  endAttempt,
  endCall,
  recordIntent,
} from '../store/attempts.ts';
import { currentPauses, pauseScopes } from '../store/controls.ts';
import { write } from '../store/db.ts';
import { addEvent } from '../store/events.ts';
import { changeStatus, type Incident, incidentById } from '../store/incidents.ts';
import { settleDoubt } from './doubt.ts';
import { instanceNow, LOOK_EVERY, unknownIfAway } from './look.ts';
import { playbookOf } from './proof-reading.ts';
import { beginProof, decideAnew } from './prove.ts';
import { mayGoOn, nextInstance } from './roll.ts';
import { successorsOf } from './successor.ts';

/**
 * How long after the stop timeout a call may still be on its way: the engine finishes a restart whose
 * client died, 8 s later (seen). Until then an unchanged target stays locked (G3).
 */
export const STILL_ON_ITS_WAY: Millis = 15_000;

/** How a call ended, as far as can be known. */
export type CallEnd =
  | { kind: 'done'; after: Instance }
  /** It certainly never reached the platform. */
  | { kind: 'not_called'; why: string }
  /** It reached it and was not carried out. */
  | { kind: 'not_done'; why: string }
  /** The instance was stopped and is not running. */
  | { kind: 'stopped'; why: string }
  | { kind: 'refused'; why: string }
  /** `reached` unless the platform did not know the instance that was to be called. */
  | { kind: 'gone'; why: string; reached: boolean }
  /** What became of it cannot be known. */
  | { kind: 'lost'; why: string };

/**
 * Calls the platform for the instances of a target that an attempt is for, one after the other, and seeks proof of what
 * was called. Before each further one all is read again: who is sick, who is the last healthy one, what a person wants.
 */
export async function makeCalls(
  deps: Deps,
  incident: Incident,
  attempt: Attempt,
  first: Target,
): Promise<void> {
  let last = callsOf(deps.db, attempt.id).at(-1)?.after ?? null;
  let target = first;
  let end: CallEnd = last === null ? nobodyLeft(first) : { kind: 'done', after: last };
  for (;;) {
    if (last !== null && nextInstance(deps, attempt, target) !== null) {
      const notBack = await waitUntilBack(deps, incident, attempt, last);
      if (notBack !== null) {
        end = notBack;
        break;
      }
      const again = await mayGoOn(deps, incident, attempt);
      if (again === null) break;
      target = again;
    }
    const instance = nextInstance(deps, attempt, target);
    if (instance === null) break;
    end = await callAndSettle(deps, incident, attempt, instance, 'restart');
    if (end.kind !== 'done') break;
    last = end.after;
  }
  await conclude(deps, incident, attempt, end);
}

const nobodyLeft = (target: Target): CallEnd =>
  target.instances.length === 0
    ? { kind: 'gone', why: `${target.id} has no instance left`, reached: false }
    : { kind: 'not_called', why: `no instance of ${target.id} is left to act on` };

/** Waits until an instance is well again before the next one is touched. @returns how it is instead, or null */
async function waitUntilBack(
  deps: Deps,
  incident: Incident,
  attempt: Attempt,
  after: Instance,
): Promise<CallEnd | null> {
  const patience = playbookOf(deps, incident)?.prove.within ?? 0;
  const giveUpAt = deps.monotonic() + patience;
  for (;;) {
    const now = await instanceNow(deps, attempt, after.id).catch(unknownIfAway);
    if (now === null) return { kind: 'gone', why: `${after.name} is gone after its restart`, reached: true };
    const why =
      now === 'unknown' ? 'the platform does not say how it is' : whyUnwell({ instances: [now] }, 'healthy');
    if (why === null) return null;
    const bad = now !== 'unknown' && (!now.running || now.health === 'unhealthy');
    if (bad || deps.monotonic() >= giveUpAt)
      return { kind: 'stopped', why: `${why} after its restart; the other instances were left alone` };
    await deps.sleep(LOOK_EVERY);
  }
}

/** One call; what stops but does not start gets one `start` in the same attempt (design §7). */
async function callAndSettle(
  deps: Deps,
  incident: Incident,
  attempt: Attempt,
  instance: Instance,
  verb: Verb,
): Promise<CallEnd> {
  // A bot that is being stopped begins nothing any more.
  deps.stopping.throwIfAborted();
  const call = await write(deps.db, () => {
    const now = deps.now();
    // In the transaction of the intent: a pause that was answered is never followed by a call (G13).
    const pauses = verb === 'restart' ? currentPauses(deps.db, pauseScopes(incident), now) : [];
    if (pauses.length > 0) return null;
    addEvent(deps.db, incident.id, now, 'attempt', `${verb} ${instance.name}`, {
      verb,
      instance: instance.id,
      startedAt: instance.startedAt,
    });
    return recordIntent(deps.db, attempt.id, verb, instance, now);
  });
  if (call === null) return { kind: 'not_called', why: 'a person paused it' };
  deps.events.acting(incident, verb, instance.id, attempt.number);
  const began = deps.monotonic();
  const end = await callOnce(deps, attempt, call);
  deps.events.called(incident, verb, end.kind, deps.monotonic() - began);
  return settle(deps, incident, attempt, call, end);
}

/** Writes how a call ended, and goes on with a start where the instance was left stopped. */
export async function settle(
  deps: Deps,
  incident: Incident,
  attempt: Attempt,
  call: Call,
  end: CallEnd,
): Promise<CallEnd> {
  await write(deps.db, () =>
    endCall(deps.db, call.id, end.kind, end.kind === 'done' ? end.after : null, deps.now()),
  );
  if (end.kind !== 'stopped' || call.verb === 'start') return end;
  const stopped = await instanceNow(deps, attempt, call.instance_id);
  if (stopped === null) return { kind: 'gone', why: end.why, reached: true };
  // The call did start it: whatever ended it after that is not ours to undo.
  if (stopped.atRest !== null && stopped.startedAt !== call.before.startedAt)
    return { kind: 'stopped', why: `${stopped.name} ${stopped.atRest}` };
  return afterRestart(await callAndSettle(deps, incident, attempt, stopped, 'start'));
}

/** What the end of a start means for an attempt whose restart has already stopped the instance. */
function afterRestart(end: CallEnd): CallEnd {
  // The engine refuses a start, as with 400 for a bind source that is gone (seen): down is what it is.
  if (end.kind === 'refused') return { kind: 'stopped', why: end.why };
  // The start never arrived, but the restart did: the attempt counts.
  if (end.kind === 'not_called') return { kind: 'not_done', why: end.why };
  // Replaced in between: the start found nobody, but the restart had reached whom it was meant for.
  if (end.kind === 'gone') return { ...end, reached: true };
  return end;
}

async function callOnce(deps: Deps, attempt: Attempt, call: Call): Promise<CallEnd> {
  const lockedUntil = deps.monotonic() + attempt.grace + STILL_ON_ITS_WAY;
  try {
    const atMost = attempt.grace + STILL_ON_ITS_WAY;
    await orStopped(deps, deps.platform.act(call.verb, call.instance_id, attempt.grace, atMost));
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    switch (error.code) {
      case 'unavailable':
        return { kind: 'not_called', why: error.message };
      case 'refused':
        return { kind: 'refused', why: error.message };
      case 'not_found':
        return { kind: 'gone', why: error.message, reached: false };
      case 'start_failed':
        return { kind: 'stopped', why: error.message };
      case 'timed_out':
      case 'in_doubt':
        return settleDoubt(deps, attempt, call, lockedUntil);
    }
  }
  return lookAfter(deps, attempt, call, lockedUntil);
}

/** A stop of the bot does not wait for the platform: the next process looks what became of the intent. */
async function orStopped(deps: Deps, acting: Promise<void>): Promise<void> {
  const stopped = Promise.withResolvers<never>();
  const onStop = () => stopped.reject(deps.stopping.reason);
  deps.stopping.addEventListener('abort', onStop, { once: true });
  try {
    await Promise.race([acting, stopped.promise]);
  } finally {
    deps.stopping.removeEventListener('abort', onStop);
  }
}

/** The platform said that it is done. What it answers from now on cannot make that undone. */
async function lookAfter(deps: Deps, attempt: Attempt, call: Call, lockedUntil: Millis): Promise<CallEnd> {
  try {
    const after = await instanceNow(deps, attempt, call.instance_id);
    if (after === null) return { kind: 'gone', why: 'the instance is gone after the call', reached: true };
    if (after.running) return { kind: 'done', after };
    return { kind: 'stopped', why: 'it is not running after the call' };
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    return settleDoubt(deps, attempt, call, lockedUntil);
  }
}

/** Goes on from how the last call ended: proof, another decision, or a person. */
export async function conclude(
  deps: Deps,
  incident: Incident,
  attempt: Attempt,
  end: CallEnd,
): Promise<void> {
  const called = afterwards(deps, attempt);
  switch (end.kind) {
    case 'done':
      return beginProof(deps, incident, called, 'the action is done');
    case 'not_called':
    case 'not_done':
      // Whatever became of the last one: those of a roll that were called before it have to be proven.
      if (called.length > 0)
        return beginProof(deps, incident, called, `the action is done in part: ${end.why}`);
      return decideAnew(deps, incident, `${end.kind.replace('_', ' ')}: ${end.why}`, {
        attempt,
        outcome: end.kind,
      });
    case 'stopped':
      return giveUp(deps, incident, attempt, 'target_down', 'target_down', end.why);
    case 'refused':
      return giveUp(deps, incident, attempt, 'action_failed', 'failed', end.why);
    case 'gone':
      return supersede(deps, incident, attempt, end);
    case 'lost':
      return giveUp(deps, incident, attempt, 'lost', 'lost', end.why);
  }
}

/**
 * A deploy that came between our look and our call, or between our call and the look after it: what stands in the
 * place of the instance now has to be well, or nothing was done yet and the deploy is waited for.
 */
async function supersede(
  deps: Deps,
  incident: Incident,
  attempt: Attempt,
  { why, reached }: Extract<CallEnd, { kind: 'gone' }>,
): Promise<void> {
  const instances = await successorsOf(deps, attempt);
  if (instances.length === 0) return giveUp(deps, incident, attempt, 'target_gone', 'target_gone', why);
  if (reached || afterwards(deps, attempt).length > 0)
    return beginProof(deps, incident, instances, `somebody replaced the target: ${why}`);
  return decideAnew(deps, incident, `not called: somebody replaced the target: ${why}`, {
    attempt,
    outcome: 'not_called',
  });
}

/** The instances of an attempt as they were right after their calls; the last call of each counts. */
function afterwards(deps: Deps, attempt: Attempt): Instance[] {
  const after = new Map<string, Instance>();
  for (const call of callsOf(deps.db, attempt.id))
    if (call.after !== null) after.set(call.instance_id, call.after);
  return [...after.values()];
}

async function giveUp(
  deps: Deps,
  incident: Incident,
  attempt: Attempt,
  reason: EscalateReason,
  outcome: AttemptOutcome,
  why: string,
): Promise<void> {
  const { db } = deps;
  const now = deps.now();
  await write(db, () => {
    const current = incidentById(db, incident.id);
    if (current === undefined) return;
    endAttempt(db, attempt.id, outcome, why, now);
    addEvent(db, incident.id, now, 'attempt', why, { outcome });
    if (outcome !== 'lost') return escalate(db, current, reason, now);
    changeStatus(db, current, 'lost', { reason }, now);
    escalate(db, { ...current, status: 'lost' }, reason, now);
  });
  deps.events.attemptEnded(incident, outcome, why);
  deps.events.escalated(incident, reason);
  deps.wake();
}
