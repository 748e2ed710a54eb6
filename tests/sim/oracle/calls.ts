import type { Millis } from '../../../services/alert-bot/src/domain/duration.ts';
import type { CallRecord } from '../world/platform.ts';
import type { World } from '../world/world.ts';
import { describe, isInDoubt, nextStart, restarts, STILL_ON_ITS_WAY } from './attempts.ts';

/** What a process leaves behind is settled by the next one within this. */
const HAUNTS: Millis = 60_000;

/** G2, G3: one call at a time, and none while an earlier one may still be on its way; G9: evidence first. */
export function* judgeCalls(world: World): Generator<string> {
  const all = restarts(world).filter((call) => call.arrived);
  for (const [i, call] of all.entries()) {
    for (const earlier of all.slice(0, i)) {
      if (earlier.service !== call.service) continue;
      const why = mayStillCome(earlier, call);
      if (why !== null) yield `G2/G3: ${describe(call)} while ${describe(earlier)} ${why}`;
    }
  }
  for (const call of restarts(world))
    if (!call.hasEvidence && world.ground.plan.lies < 0.5)
      yield `G9: ${describe(call)} without asking for its logs first`;
  yield* judgeStarts(world);
}

function mayStillCome(earlier: CallRecord, call: CallRecord): string | null {
  const { effect } = earlier;
  // What replaced the container ended whatever was meant for it.
  if (earlier.box.gone && earlier.box !== call.box) return null;
  // Somebody else started it meanwhile: that is what our call would have looked like.
  if (isInDoubt(earlier) && nextStart(earlier) < call.at) return null;
  const isGoingOn = effect !== null && call.at < effect.to && earlier.answer !== 'refused';
  if (isGoingOn && (effect.isStarted || call.at < effect.from)) return 'was still to be carried out';
  if (!isInDoubt(earlier)) return null;
  const lockedUntil = earlier.at + earlier.grace + STILL_ON_ITS_WAY;
  const isSettled = effect !== null && effect.to <= call.at;
  return isSettled || call.at >= lockedUntil ? null : 'might still be on its way';
}

/** A start is the second half of a restart of ours, once; what a person stopped is not ours to start. */
function* judgeStarts(world: World): Generator<string> {
  const { calls } = world.platform;
  for (const [i, call] of calls.entries()) {
    if (call.verb !== 'start') continue;
    const before = calls.slice(0, i).findLast((one) => one.box === call.box && one.arrived);
    // A process that died between its intent and the call cannot tell who stopped it.
    const isHaunted = world.notes.ends.some((at) => at <= call.at && at > call.at - HAUNTS);
    if (call.before.atRest !== null && before?.verb !== 'restart' && !isHaunted)
      yield `G3: ${describe(call)}, which a person had stopped`;
    // So long after it, it is the second half of another attempt, whose restart was an intent only.
    const isOther = isHaunted && before !== undefined && call.at - before.at > HAUNTS;
    if (before?.verb === 'start' && before.before.startedAt === call.before.startedAt && !isOther)
      yield `G2: ${describe(call)} after ${describe(before)}: a second start in one attempt`;
  }
}
