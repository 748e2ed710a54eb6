import type { Millis } from '../../../services/alert-bot/src/domain/duration.ts';
import type { CallRecord } from '../world/platform.ts';
import type { World } from '../world/world.ts';
import { attemptsOf, describe, LAG, restarts, seconds, UNSEEN } from './attempts.ts';

/** Latencies between what was true and what was read of it. */
const MARGIN: Millis = 1_000;

/** G7, G13: what somebody stopped or started is theirs; and a new trouble may be that of something else. */
export function* judgeChanges(world: World): Generator<string> {
  for (const call of restarts(world)) {
    const { atRest, endedAt } = call.before;
    if (atRest !== null && call.at - endedAt > UNSEEN)
      yield `G13: ${describe(call)}, which ${atRest} at ${seconds(endedAt)}`;
  }
  if (world.notes.clockSteps.length > 0) return;
  for (const { first, calls } of attemptsOf(world)) {
    if (first.verb !== 'restart') continue;
    yield* judgeRestartedByOthers(world, first);
    yield* judgeSettle(world, first, calls);
  }
}

/** Somebody restarted it in the middle of the trouble: whether that was the cure shows when its alert may let go. */
function* judgeRestartedByOthers(world: World, call: CallRecord): Generator<string> {
  const { range, holds } = world.ground.plan.rule;
  const patience = range + holds;
  const at = call.box.starts.findLast((start) => start < call.at - LAG);
  if (at === undefined || call.at - at >= patience) return;
  const isOurs = world.platform.calls.some(({ box, effect }) => box === call.box && effect?.to === at);
  // An alert fired before, and at every reading since: one trouble.
  const readings = world.alertmanager.readings.filter((one) => one.at > at - 10_000 && one.at < call.at);
  const namesOf = (reading: (typeof readings)[number] | undefined) =>
    reading?.names.get(call.service) ?? new Set<string>();
  // One that only says that it is down lets go as soon as it is up.
  const fired = [...namesOf(readings.at(-1))].some(
    (alert) =>
      alert !== 'ServiceDown' &&
      readings.every((one) => namesOf(one).has(alert)) &&
      !ended(world, call, alert, at),
  );
  if (isOurs || !fired || !readings.some((one) => one.at < at - MARGIN)) return;
  // Whose process died between intent and call takes it for its own; then a person who saw it asked for another.
  if (world.notes.resets.some((one) => one.target === call.box.service.id && one.at > at)) return;
  yield `G13: ${describe(call)}, which somebody had restarted at ${seconds(at)}`;
}

/** Whether the bot heard of an end between two readings: what fires afterwards is a new trouble. */
const ended = (world: World, { service, at }: CallRecord, alert: string, since: Millis): boolean =>
  world.notes.acknowledged.some(
    (one) =>
      one.status === 'resolved' &&
      one.labels['alertname'] === alert &&
      one.labels['service'] === service &&
      one.at > since &&
      one.at < at,
  );

/** The first trouble of a service that needs others: theirs may show yet. */
function* judgeSettle(world: World, call: CallRecord, calls: readonly CallRecord[]): Generator<string> {
  const { service, box } = call;
  const isFirst = restarts(world).find((one) => one.service === service) === calls[0];
  const needs = box.service.plan.dependsOn.filter((one) => !world.observer.needsAlso(one.service, service));
  const settle = world.playbooks().playbooks[0]?.limits.settle ?? 0;
  if (!isFirst || needs.length === 0) return;
  const known = [
    world.notes.acknowledged.find(({ labels }) => labels['service'] === service)?.at,
    world.alertmanager.readings.find(({ active }) => active.has(service))?.at,
  ].filter((at) => at !== undefined);
  const since = call.at - Math.min(...known);
  if (since < settle)
    yield `G7: ${describe(call)} ${since} ms after its first alert, it settles for ${settle} ms`;
}
