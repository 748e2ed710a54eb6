import type { Millis } from '../../../services/alert-bot/src/domain/duration.ts';
import type { Budget } from '../../../services/alert-bot/src/domain/playbook.ts';
import { parseBudget } from '../../../services/alert-bot/src/domain/target.ts';
import type { CallRecord } from '../world/platform.ts';
import type { World } from '../world/world.ts';
import { apart, attemptsOf, counts, describe, LAG, resetBetween, restarts } from './attempts.ts';

/** Between two attempts on a container there is at least the shorter of cooldown and backoff. */
const gapAtLeast = (world: World): Millis =>
  Math.min(
    ...world.notes.policies.flatMap(({ file }) =>
      file.playbooks.map(({ limits }) => Math.min(limits.cooldown, limits.backoff.initial)),
    ),
  );

/** G4: budgets in every window, pauses between, quarantine after. Counted by what reached the platform. */
export function* judgeLimits(world: World): Generator<string> {
  // An attempt is counted when it is reserved, for all containers of a roll; the clock may be set in the middle of one.
  const firsts = new Map(attemptsOf(world).flatMap(({ calls, first }) => calls.map((call) => [call, first])));
  const beganWith = (call: CallRecord): CallRecord => firsts.get(call) ?? call;
  const bySlot = Map.groupBy(restarts(world).filter(counts), (call) => call.box.slot);
  for (const calls of bySlot.values()) {
    yield* judgePauses(world, calls);
    for (const budget of budgetsOf(world, calls)) yield* judgeBudget(world, calls, budget, beganWith);
  }
}

/** The budgets that held all the time, the owner's own among them. */
function budgetsOf(world: World, [call]: readonly CallRecord[]): Budget[] {
  const [first, ...later] = world.notes.policies.map(({ file }) => file.playbooks[0]?.limits.budgets ?? []);
  const common = (first ?? []).filter((budget) =>
    later.every((list) => list.some((one) => one.attempts === budget.attempts && one.per === budget.per)),
  );
  const own = parseBudget(call?.box.service.plan.labels['alert-bot.budget'] ?? '');
  return own === undefined ? common : [...common, own];
}

function* judgePauses(world: World, calls: readonly CallRecord[]): Generator<string> {
  const least = gapAtLeast(world);
  for (const [i, call] of calls.entries()) {
    const before = calls[i - 1];
    if (before === undefined || call.at - before.at >= least) continue;
    if (!resetBetween(world, call.service, before.at, call.at))
      yield `G4: ${describe(call)} only ${call.at - before.at} ms after the last one, ${least} ms is the least pause`;
  }
}

/** How much later than its reservation a call may come: in a roll those before it are waited for. */
function slackOf(call: CallRecord): Millis {
  return LAG + (call.box.service.plan.replicas - 1) * 90_000;
}

function* judgeBudget(
  world: World,
  calls: readonly CallRecord[],
  { attempts, per }: Budget,
  beganWith: (call: CallRecord) => CallRecord,
): Generator<string> {
  for (const [i, call] of calls.entries()) {
    const counted = calls[i - attempts + 1];
    if (counted === undefined) continue;
    const oldest = beganWith(counted);
    const slack = slackOf(call);
    if (apart(oldest, call) >= per - slack) continue;
    const next = calls[i + 1];
    if (next === undefined || resetBetween(world, call.service, oldest.at, next.at)) continue;
    if (apart(oldest, next) < per - slack)
      yield `G4: ${describe(next)} is one more than ${attempts} per ${per / 1000} s`;
    const length = quarantine(world);
    // A trial that helped closes the circuit again.
    const before = calls[i - 1];
    const mayBeTrial = before !== undefined && apart(before, call) >= Math.min(length, 40_000) - slack;
    const pause = apart(call, next);
    if (!mayBeTrial && pause < length - slack)
      yield `G4: ${describe(next)} in quarantine, ${pause / 1000} s after the budget ${attempts} per ${per / 1000} s was spent`;
  }
}

export const quarantine = (world: World): Millis =>
  Math.min(
    ...world.notes.policies.flatMap(({ file }) =>
      file.playbooks.map(({ limits }) =>
        limits.quarantine === 'manual' ? Number.POSITIVE_INFINITY : limits.quarantine,
      ),
    ),
  );
