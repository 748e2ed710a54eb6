import type { Millis } from '../../../services/alert-bot/src/domain/duration.ts';
import type { CallRecord } from '../world/platform.ts';
import type { World } from '../world/world.ts';

/** From the reservation of an attempt to its call: evidence (at most 3 s) and the questions around it. */
export const LAG: Millis = 6_000;
/** What became known so shortly before a call may not have been seen by it. */
export const UNSEEN: Millis = 3_000;

/** Design G3: how long after the stop timeout a call may still be on its way. */
export const STILL_ON_ITS_WAY: Millis = 15_000;

/** Calls of one attempt, as far as that can be told from outside: the containers of a service, one after the other. */
export interface Attempt {
  service: string;
  calls: CallRecord[];
  first: CallRecord;
  /** Until then something of it was going on, as the bot had to assume. */
  until: Millis;
}

export const restarts = (world: World): CallRecord[] =>
  world.platform.calls.filter((call) => call.verb === 'restart');

/** What was replaced before the call could reach it: the platform says that it knows no such container. */
const wasReplaced = ({ answer, box }: CallRecord): boolean => answer === 'not_found' && box.gone;

/** Whether a call spends budgets and rungs: what never arrived, or found nothing, did nothing. */
export const counts = (call: CallRecord): boolean => call.arrived && !wasReplaced(call);

const isInDoubt = ({ answer }: CallRecord): boolean =>
  answer === null || answer === 'timed_out' || answer === 'in_doubt';

/** When a container was next started, by whomever: from then on a call in doubt looks as if it had been carried out. */
const nextStart = ({ box, at }: CallRecord): Millis =>
  box.starts.find((start) => start > at) ?? Number.POSITIVE_INFINITY;

/** Until when a call was going on: until its answer, or where that said nothing, until its effect could be seen. */
export function goesOnUntil(call: CallRecord): Millis {
  const answered = call.answeredAt ?? call.at;
  if (!isInDoubt(call)) return answered;
  return Math.max(answered, Math.min(call.effect?.to ?? call.at, nextStart(call)));
}

/**
 * Groups the restarts into attempts. A second container of a service that is called within the time a proof may
 * take after another one belongs to the same attempt, or to one that could not be told from it.
 */
export function attemptsOf(world: World): Attempt[] {
  const attempts: Attempt[] = [];
  const patience = Math.max(...world.playbooks().playbooks.map(({ prove }) => prove.within)) + 30_000;
  for (const call of world.platform.calls) {
    const last = attempts.findLast(({ service }) => service === call.service);
    // A process that died in between goes on with the attempt when it is back and has waited for what it called.
    const waits = patience + (last?.calls.at(-1)?.boot === call.boot ? 0 : 60_000);
    const isTail =
      last !== undefined &&
      (call.verb === 'start' ||
        (call.at - last.until <= waits && last.calls.every(({ box }) => box.slot !== call.box.slot)));
    if (isTail) {
      last.calls.push(call);
      last.until = Math.max(last.until, goesOnUntil(call));
    } else attempts.push({ service: call.service, calls: [call], first: call, until: goesOnUntil(call) });
  }
  return attempts;
}

export const resetBetween = (world: World, service: string, from: Millis, to: Millis): boolean =>
  world.notes.resets.some(
    ({ at, target }) => target === world.host.serviceOf(service).id && at >= from - LAG && at <= to,
  );

/**
 * By the log or by real time, whichever is longer: a log that was set back goes more slowly, and a step of the wall clock
 * under 30 s is not seen as one.
 */
export const apart = (one: CallRecord, other: CallRecord): Millis =>
  Math.max(other.seen.log - one.seen.log, other.at - one.at);

/** A proof needs at least two evaluations of a rule: whoever is well for a shorter time is not proven to be. */
export const TOO_SHORT_TO_PROVE: Millis = 2_500;

/**
 * Whether there was a time in which every container of a service was well and no rule fired about it: what began before
 * may be proven then, and a rule that fires after it is another trouble, if only that of what the service needs.
 * @param rules those that matter
 */
export function mayBeProven(
  world: World,
  service: string,
  from: Millis,
  to: Millis,
  rules: readonly string[] = ['HighErrorRate', 'ServiceDown'],
): boolean {
  const busy = [
    ...world.prometheus.fired.filter((one) => one.service === service && rules.includes(one.rule)),
    // Looked at twice a second.
    ...world.observer.unwellSpans(service).map((span) => ({ from: span.from - 500, to: span.to + 500 })),
  ].toSorted((a, b) => a.from - b.from);
  let free = from;
  for (const span of busy) {
    if (span.to < free) continue;
    if (Math.min(span.from, to) - free >= TOO_SHORT_TO_PROVE) return true;
    free = span.to;
  }
  return to - free >= TOO_SHORT_TO_PROVE;
}

export const seconds = (at: Millis): string => (at / 1000).toFixed(3);
export const describe = (call: CallRecord): string => `${call.verb} ${call.box.slot} at ${seconds(call.at)}`;
export { isInDoubt, nextStart };
