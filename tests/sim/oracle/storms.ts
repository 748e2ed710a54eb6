import type { Millis } from '../../../services/alert-bot/src/domain/duration.ts';
import type { World } from '../world/world.ts';
import { type Attempt, apart, attemptsOf, counts, describe, LAG, seconds } from './attempts.ts';
import { hadNoTarget, pagesOf } from './pages.ts';

/** From the last delivery of a burst until it is counted. */
const COUNTED: Millis = 1_500;

/** G6: from the deliveries alone it can be told that a storm has begun; then nothing begins until it is calm. */
export function* judgeStorms(world: World): Generator<string> {
  yield* judgeRelease(world);
  yield* judgeHold(world);
}

function* judgeHold(world: World): Generator<string> {
  const { storm } = world.playbooks().limits;
  const news = newTroubles(world);
  for (const [i, last] of news.entries()) {
    const first = news[i - storm.incidents + 1];
    if (first === undefined || last.at - first.at > storm.per - 2_000) continue;
    let until = last.at + storm.calm;
    for (const later of news.slice(i + 1)) if (later.at < until) until = later.at + storm.calm;
    // However many come, it is held no longer than that.
    until = Math.min(until, last.at + 10 * storm.calm);
    if (isDisturbed(world, first.at, until)) continue;
    for (const { first: call } of attemptsOf(world))
      if (call.at > last.at + COUNTED && call.at < until - 2_000)
        yield `G6: ${describe(call)} in a storm: ${storm.incidents} incidents from ${seconds(first.at)} to ${seconds(last.at)}`;
    const told = pagesOf(world).filter(
      ({ labels, from, until: end }) =>
        labels['reason'] === 'storm' && from < last.at + COUNTED + 15_000 && end > last.at - 1_000,
    );
    // A storm of what is held anyway holds nothing itself, and is not told of.
    const isHeld =
      world.playbooks().maintenance.length > 0 ||
      world.notes.pauses.some((pause) => pause.from < last.at + COUNTED + 15_000 && pause.until > first.at);
    if (told.length === 0 && !isHeld) yield `G6: nobody was told of the storm of ${seconds(last.at)}`;
    return;
  }
}

/** The first trouble of each service that would be acted on, where reading and delivery agree on when it began. */
function newTroubles(world: World): { service: string; at: Millis }[] {
  return world.ground.plan.services
    .flatMap(({ name, labels, protectedBecause }) => {
      if (labels['alert-bot.enable'] !== 'true' || protectedBecause !== null) return [];
      if (labels['alert-bot.mode'] !== undefined || labels['alert-bot.budgets'] !== undefined) return [];
      if (labels['alert-bot.playbooks'] !== undefined || name === 'twin') return [];
      const first = world.notes.acknowledged.find(
        ({ labels: of }) => of['service'] === name && of['origin'] === undefined,
      );
      const read = world.alertmanager.readings.find(({ active }) => active.has(name));
      if (first === undefined || first.status !== 'firing') return [];
      // The sweep may have found it before it was delivered.
      if (read !== undefined && read.at < first.at - 1_000) return [];
      return [{ service: name, at: first.at }];
    })
    .sort((a, b) => a.at - b.at);
}

/** Whether something else happened that makes it hard to say from outside what was counted. */
function isDisturbed(world: World, from: Millis, to: Millis): boolean {
  const { boots, ends, clockSteps, policies } = world.notes;
  const within = (at: Millis) => at >= from - 30_000 && at <= to;
  const observes = policies.some(({ file }) => file.playbooks.some(({ mode }) => mode === 'observe'));
  return (
    observes || [...ends, ...clockSteps, ...boots.slice(1)].some(within) || world.notes.failures.length > 0
  );
}

/** A restart that is done is proven by two evaluations at least, two seconds apart. */
const PROVEN_AFTER: Millis = 3_500;

/** From its page on until that ends, one goes after the other, with half the limits. */
function* judgeRelease(world: World): Generator<string> {
  const { count } = world.playbooks().limits.targets;
  const { outages } = world.alertmanager;
  // Its page may outlast it then.
  if (hadNoTarget(world)) return;
  for (const page of pagesOf(world)) {
    if (page.labels['reason'] !== 'storm' || outages.some((one) => one.until > page.from)) continue;
    const attempts = attemptsOf(world).filter(
      ({ first }) =>
        first.verb === 'restart' && first.at > page.from + LAG && first.at < page.until - COUNTED,
    );
    for (const [i, { service, first }] of attempts.entries()) {
      const before = attempts[i - 1];
      const last = before?.calls.at(-1);
      if (before === undefined || last === undefined || before.service === service) continue;
      // Whoever was well from then on was neither given up nor tried again: it was being proven.
      const isWell =
        last.answer === 'done' &&
        last.effect?.isStarted === true &&
        !last.box.gone &&
        world.observer
          .badSpans(before.service)
          .every(({ from, to }) => to < before.until + 1_000 || from > first.at);
      const after = first.at - before.until;
      if (isWell && after < PROVEN_AFTER)
        yield `G6: ${describe(first)} ${after} ms after ${describe(before.first)}: after a storm one goes at a time`;
    }
    yield* judgeHalf(world, attempts, Math.max(1, Math.floor(count / 2)));
  }
}

function* judgeHalf(world: World, attempts: readonly Attempt[], allowed: number): Generator<string> {
  const { per } = world.playbooks().limits.targets;
  for (const { service, first } of attempts) {
    const others = attempts.filter(
      (one) =>
        one.service !== service &&
        counts(one.first) &&
        one.first.at < first.at &&
        apart(one.first, first) < per - LAG,
    );
    const targets = new Set(others.map((one) => one.service));
    if (targets.size + 1 > allowed)
      yield `G6: ${describe(first)} is target ${targets.size + 1} in ${per / 1000} s after a storm, ${allowed} are allowed`;
  }
}
