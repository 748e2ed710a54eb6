import type { Millis } from '../../../services/alert-bot/src/domain/duration.ts';
import type { CallRecord } from '../world/platform.ts';
import type { World } from '../world/world.ts';
import { attemptsOf, counts, describe, resetBetween, restarts, seconds, UNSEEN } from './attempts.ts';

/** A hand-written alert is its own truth for so long (design §4). */
const MANUAL_LASTS: Millis = 5 * 60_000;
/** Prometheus may be away for a while and Alertmanager believe it: longer than this nothing is believed. */
const HEALTHY_FOR: Millis = 60_000;
/** Looks at what is true come twice a second. */
const LOOKS: Millis = 1_000;

/** G7: root cause first. G8: what is well is not restarted. G13: no call that no alert asks for. */
export function* judgeCause(world: World): Generator<string> {
  for (const { first } of attemptsOf(world))
    for (const { service, why, since } of first.seen.unwell)
      if (first.verb === 'restart' && first.at - since > UNSEEN)
        yield `G7: ${describe(first)} although ${service} has been unwell since ${seconds(since)} (${why})`;
  const begins = new Set(
    attemptsOf(world)
      .map(({ first }) => first)
      .filter((first) => !mayBeSecondHalf(world, first)),
  );
  const all = restarts(world);
  for (const [i, call] of all.entries()) {
    if (sentByHand(world, call)) continue;
    // A roll that has begun goes on where its first half has ended the alert, but never against a silence.
    if (begins.has(call) && !isAskedFor(world, call))
      yield `G8/G13: ${describe(call)} although no alert of it was read as firing`;
    if (isSuppressed(world, call)) yield `G13: ${describe(call)} although it is silenced or inhibited`;
    if (begins.has(call) && call.at - call.seen.lastBad > HEALTHY_FOR)
      yield `G8: ${describe(call)} although nothing was wrong since ${seconds(call.seen.lastBad)}`;
    const cured = all
      .slice(0, i)
      .findLast(
        (one) =>
          one.service === call.service && counts(one) && one.effect?.isStarted && one.answer !== 'refused',
      );
    const since = cured?.effect?.to;
    if (
      since !== undefined &&
      since < call.at &&
      call.seen.lastBad <= since + LOOKS &&
      // A person who hands it back while its alert still fires asks for another.
      !resetBetween(world, call.service, since, call.at) &&
      cured?.box.slot === call.box.slot
    )
      yield `G8: ${describe(call)} although the restart that was done at ${seconds(since)} had cured it`;
  }
}

/** A process that died between the intent for one container and its call: the next one goes on with another. */
const mayBeSecondHalf = (world: World, call: CallRecord): boolean =>
  call.box.service.plan.replicas > 1 && world.notes.ends.some((at) => at <= call.at && at > call.at - 60_000);

const sentByHand = (world: World, call: CallRecord): boolean =>
  world.notes.acknowledged.some(
    ({ source, labels, at, status }) =>
      source === 'manual' &&
      status === 'firing' &&
      labels['service'] === call.service &&
      at <= call.at &&
      at > call.at - MANUAL_LASTS - 30_000,
  );

const justRead = (world: World, call: CallRecord) =>
  world.alertmanager.readings.filter(({ at }) => at <= call.at && at > call.at - UNSEEN);

/** Whether every reading before a call had it suppressed, and none as firing. */
function isSuppressed(world: World, call: CallRecord): boolean {
  const readings = justRead(world, call);
  return (
    readings.length > 0 &&
    readings.every(({ active, suppressed }) => suppressed.has(call.service) && !active.has(call.service))
  );
}

/** Whether the last thing that Alertmanager said before a call was that an alert of it fires. */
const isAskedFor = (world: World, call: CallRecord): boolean =>
  justRead(world, call).some(({ active }) => active.has(call.service));
