import type { Millis } from '../../../services/alert-bot/src/domain/duration.ts';
import type { World } from '../world/world.ts';
import {
  type Attempt,
  apart,
  attemptsOf,
  counts,
  describe,
  goesOnUntil,
  LAG,
  restarts,
  UNSEEN,
} from './attempts.ts';

/** G5: actions at once, none of them in one tree; targets in a window; never the last healthy replica. */
export function* judgeFleet(world: World): Generator<string> {
  const attempts = attemptsOf(world);
  const { limits } = world.playbooks();
  for (const { service, first } of attempts) {
    const others = attempts.filter((one) => one.service !== service && one.first.at <= first.at);
    const goingOn = others.filter((one) => goesOnAt(one, first.at));
    if (goingOn.length + 1 > limits.concurrent)
      yield `G5: ${describe(first)} beside ${goingOn.map((one) => describe(one.first)).join(', ')}: ${limits.concurrent} at once`;
    for (const other of goingOn)
      if (
        world.observer.needsAlso(service, other.service) ||
        world.observer.needsAlso(other.service, service)
      )
        yield `G5: ${describe(first)} beside ${describe(other.first)}: one needs the other`;
    const { count, percent, per } = limits.targets;
    const allowed = Math.min(count, Math.max(1, Math.ceil((mayBeActedOn(world) * percent) / 100)));
    const recent = new Set(
      others
        .filter(
          (one) => counts(one.first) && !wasInterrupted(world, one) && apart(one.first, first) < per - LAG,
        )
        .map((one) => one.service),
    );
    if (recent.size + 1 > allowed)
      yield `G5: ${describe(first)} is target ${recent.size + 1} in ${per / 1000} s, ${allowed} are allowed (${[...recent].join(', ')})`;
  }
  for (const call of restarts(world)) {
    if (call.box.service.plan.replicas < 2 || !call.before.wasWell) continue;
    const wells = [...call.seen.lastWell].filter(([slot]) => slot !== call.box.slot);
    if (wells.length > 0 && wells.every(([, at]) => at < call.at - UNSEEN))
      yield `G5: ${describe(call)}, the last healthy of ${call.box.service.plan.replicas}`;
  }
}

/** A process that died before the call: the attempt is older than what can be seen of it. */
const wasInterrupted = (world: World, { first }: Attempt): boolean =>
  world.notes.ends.some((at) => at <= first.at && at > first.at - 60_000);

/** Whether an attempt was going on: in one of its calls, or between two that one process made in one roll. */
const goesOnAt = ({ calls }: Attempt, at: Millis): boolean =>
  calls.some((call, i) => {
    const next = calls[i + 1];
    const over = goesOnUntil(call);
    // The next one is called once this one is healthy.
    const isRoll =
      next?.boot === call.boot &&
      call.answer === 'done' &&
      next.at - over < call.box.service.plan.warmsUp + LAG;
    return call.at <= at && (isRoll ? next.at : over) > at;
  });

const mayBeActedOn = (world: World): number =>
  world.ground.plan.services.filter(
    ({ labels, protectedBecause }) => labels['alert-bot.enable'] === 'true' && protectedBecause === null,
  ).length;
