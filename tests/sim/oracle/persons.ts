import type { Instant, Millis } from '../../../services/alert-bot/src/domain/duration.ts';
import {
  type MaintenanceWindow,
  type Mode,
  stricter,
} from '../../../services/alert-bot/src/domain/playbook.ts';
import type { CallRecord } from '../world/platform.ts';
import type { World } from '../world/world.ts';
import { attemptsOf, counts, describe, restarts, seconds, UNSEEN } from './attempts.ts';

/** A mode that was changed so shortly before a call may not have been read by it. */
const READ_AGAIN: Millis = 500;

/** G11, G13: what a person or an owner said, holds. */
export function* judgePersons(world: World): Generator<string> {
  yield* judgeAnswers(world);
  for (const call of world.platform.calls) {
    const { labels, protectedBecause, name } = call.box.service.plan;
    if (labels['alert-bot.enable'] !== 'true') yield `G11: ${describe(call)}, which is not opted in`;
    if (labels['alert-bot.budgets'] !== undefined)
      yield `G11: ${describe(call)}, whose labels cannot be read`;
    if (protectedBecause !== null) yield `G11: ${describe(call)}, which is protected`;
    if (name === 'twin') yield `G5: ${describe(call)}, of which there are two`;
  }
  for (const call of restarts(world)) {
    yield* judgePauses(world, call);
    yield* judgeWindows(world, call);
    yield* judgeMode(world, call);
  }
}

/** A jump of the clock holds the bot for so long; what it writes down meanwhile is of the time before. */
const HOLDS: Millis = 65_000;

const clockWasSet = (world: World, from: Millis, to: Millis): boolean =>
  world.notes.clockSteps.some((at) => at >= from && at <= to);

/** The playbook of an attempt is known from outside only where no other one ever matched. */
const onlyErrors = (call: CallRecord): boolean => !call.seen.alerts.has('ServiceDown');

function* judgePauses(world: World, call: CallRecord): Generator<string> {
  for (const { from, until, scope } of world.notes.pauses) {
    if (call.at <= from || call.at >= until || clockWasSet(world, from - HOLDS, call.at)) continue;
    const holds =
      scope === 'all' ||
      scope === `target:${call.box.service.id}` ||
      (scope === 'playbook:errors' && onlyErrors(call));
    if (holds) yield `G13: ${describe(call)} although ${scope} is paused since ${seconds(from)}`;
  }
}

const AHEAD: Readonly<Record<string, number>> = { UTC: 0, 'Asia/Kolkata': 330, 'Asia/Tokyo': 540 };

/** Whether a maintenance window is open; worked out by hand for the few zones that a run has. */
export function isOpen(window: MaintenanceWindow, at: Instant): boolean {
  const minute = (at / 60_000 + (AHEAD[window.zone] ?? 0)) % 1_440;
  return minute >= window.from && minute < window.to;
}

function* judgeWindows(world: World, call: CallRecord): Generator<string> {
  const { log } = call.seen;
  for (const window of world.playbooks().maintenance) {
    if (window.services !== null && !window.services.includes(call.service)) continue;
    if (window.playbooks !== null && !(window.playbooks.includes('errors') && onlyErrors(call))) continue;
    if (!isOpen(window, log) || !isOpen(window, log - UNSEEN)) continue;
    // After a jump the bot's time is its own until it is over.
    if (!clockWasSet(world, 0, call.at))
      yield `G13: ${describe(call)} in the maintenance window ${window.name}`;
  }
}

/** The modes that held in the moments before a call. */
function modesBefore(world: World, call: CallRecord): Mode[] {
  const { policies } = world.notes;
  const label = (['observe', 'approve', 'act'] as const).find(
    (mode) => mode === call.box.service.plan.labels['alert-bot.mode'],
  );
  return policies
    .filter(
      ({ at }, i) =>
        at <= call.at && (policies[i + 1]?.at ?? Number.POSITIVE_INFINITY) > call.at - READ_AGAIN,
    )
    .flatMap(({ file }) => file.playbooks.slice(0, 1).map(({ mode }) => stricter(mode, label ?? mode)));
}

/** From the last look to the call. */
const MOMENT: Millis = 100;

function* judgeMode(world: World, call: CallRecord): Generator<string> {
  const modes = modesBefore(world, call);
  if (modes.every((mode) => mode === 'observe')) yield `G13: ${describe(call)} in mode observe`;
  if (!modes.every((mode) => mode === 'approve')) return;
  const approved = world.notes.approvals.some(
    ({ at, service, instances }) =>
      service === call.service && at <= call.at && instances.get(call.box.id) === call.before.startedAt,
  );
  // Started by itself at the very time of the call: the bot cannot have seen it.
  const isNew = call.box.starts.some((start) => start <= call.at && start > call.at - MOMENT);
  if (!approved && !isNew) yield `G13: ${describe(call)} without an approval of just this run of it`;
}

/** One yes is for one attempt: the next is another question. Lost and repeated answers are no second yes. */
function* judgeAnswers(world: World): Generator<string> {
  const used = new Set<object>();
  for (const { first } of attemptsOf(world)) {
    const modes = modesBefore(world, first);
    // What did nothing leaves the answer as it was.
    if (first.verb !== 'restart' || !counts(first) || !modes.every((mode) => mode === 'approve')) continue;
    const given = world.notes.approvals.filter(
      ({ at, service }) => service === first.service && at <= first.at,
    );
    const free = given.find((approval) => !used.has(approval));
    if (free !== undefined) used.add(free);
    else if (given.length > 0) yield `G13: ${describe(first)} with an answer that was for another attempt`;
  }
}
