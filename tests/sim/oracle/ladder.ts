import type { Millis } from '../../../services/alert-bot/src/domain/duration.ts';
import { backoffAfter } from '../../../services/alert-bot/src/policy/limits.ts';
import type { CallRecord } from '../world/platform.ts';
import type { World } from '../world/world.ts';
import {
  counts,
  describe,
  LAG,
  mayBeProven,
  resetBetween,
  restarts,
  seconds,
  TOO_SHORT_TO_PROVE,
} from './attempts.ts';
import { quarantine } from './limits.ts';

/**
 * G4, G8: while a service is never well, all that is done to it is one ladder, with growing pauses. Whoever takes it
 * for healed in between begins the ladder anew.
 */
export function* judgeLadder(world: World): Generator<string> {
  const { clockSteps, policies } = world.notes;
  // Dismissed in mode observe, an incident begins anew; after a jump of the clock log time is the bot's own.
  if (clockSteps.length > 0 || policies.some(({ file }) => file.playbooks[0]?.mode === 'observe')) return;
  const bySlot = Map.groupBy(restarts(world).filter(counts), (call) => call.box.slot);
  for (const calls of bySlot.values())
    for (const trouble of troubles(world, calls)) yield* judge(world, trouble);
}

/** Calls for one container in one trouble that no one could have proven to be over. */
function troubles(world: World, calls: readonly CallRecord[]): CallRecord[][] {
  const found: CallRecord[][] = [];
  for (const [i, call] of calls.entries()) {
    const before = calls[i - 1];
    const last = found.at(-1);
    const isSame =
      before !== undefined &&
      !resetBetween(world, call.service, before.at, call.at) &&
      isBadThroughout(world, call.service, before.at, call.at) &&
      !mayBeProven(world, call.service, before.answeredAt ?? before.at, call.at);
    if (isSame && last !== undefined) last.push(call);
    else found.push([call]);
  }
  return found;
}

function isBadThroughout(world: World, service: string, from: Millis, to: Millis): boolean {
  let badUntil = from;
  for (const span of world.observer.badSpans(service)) {
    if (span.to < from) continue;
    if (span.from - badUntil > TOO_SHORT_TO_PROVE) break;
    badUntil = Math.max(badUntil, span.to);
  }
  return to - badUntil <= TOO_SHORT_TO_PROVE;
}

function* judge(world: World, calls: readonly CallRecord[]): Generator<string> {
  const { limits, steps } = world.playbooks().playbooks[0] ?? {};
  if (limits === undefined || steps === undefined) return;
  const rungs = steps.reduce((sum, step) => sum + (step.kind === 'restart' ? step.attempts : 0), 0);
  const pause = quarantine(world) - LAG;
  // It counts from the first container, and those before it are waited for.
  const inRoll = ((calls[0]?.box.service.plan.replicas ?? 1) - 1) * 90_000;
  let made = 0;
  for (const [i, call] of calls.entries()) {
    const before = calls[i - 1];
    const since =
      before === undefined ? Number.POSITIVE_INFINITY : call.at - (before.answeredAt ?? before.at);
    // A trial is one attempt beyond the ladder.
    const isTrial = before !== undefined && since >= pause - inRoll;
    if (!isTrial) made++;
    if (made > rungs)
      yield `G4/G8: ${describe(call)} is attempt ${made} of a ladder of ${rungs}, and it was never well since ${seconds(calls[0]?.at ?? 0)}`;
    const least = backoffAfter(limits.backoff, Math.max(1, i));
    if (before !== undefined && !isTrial && since < least)
      yield `G4: ${describe(call)} only ${since} ms after attempt ${i} has ended, its backoff is ${least} ms`;
  }
}
