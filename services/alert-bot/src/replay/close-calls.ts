import type { Instant, Millis } from '../domain/duration.ts';
import type { Pair } from './pair.ts';
import type { Story } from './stories.ts';

/** The bot looks at what waits within so much; when it did is its own time, and not in the record. */
export const CLOSE: Millis = 5_000;

/** Decisions that come of what the target was through before, so that one more attempt changes the next ones. */
const LOOK_BACK: readonly string[] = ['cooldown', 'backoff', 'budget_exhausted', 'quarantined', 'trial'];

/** Answers that come of what was seen outside, and of no limit. */
const OF_THE_WORLD: readonly string[] = ['dependency_unhealthy', 'guard_unavailable', 'settle'];

type Decision = Story['decisions'][number];

/** `moment`: a look decides it, and which came first is not in the record. `follows`: it comes of such a one. */
export type CloseCall = 'moment' | 'follows';

/**
 * What went otherwise only because of when the bot looked: up to there the same was decided, then one of both acted, or gave up
 * waiting, right before the alert ended, and the other had not looked by then; or one saw what it depends on well, and the other
 * not yet. Such a one counts for the budget of its target,
 * and so do those that follow from it.
 * @param otherwise pairs that went otherwise, in the order of time
 * @param memory so far back a decision looks
 */
export function closeCalls(otherwise: readonly Pair[], memory: Millis): Map<Pair, CloseCall> {
  const found = new Map<Pair, CloseCall>();
  /** By target, when the last one was opened. */
  const last = new Map<string, Instant>();
  for (const pair of otherwise) {
    // To ask a person is what a file says, and no matter of a moment.
    if (hasAsked(pair.was) !== hasAsked(pair.now)) continue;
    const { target, openedAt } = pair.was ?? pair.now ?? { target: null, openedAt: 0 };
    const before = target === null ? undefined : last.get(target);
    const isNear = before !== undefined && openedAt - before <= memory;
    if (isMoment(pair)) found.set(pair, 'moment');
    else if (isNear && isOfThePast(pair)) found.set(pair, 'follows');
    else continue;
    if (target !== null) last.set(target, openedAt);
  }
  return found;
}

const hasAsked = (story: Story | null): boolean => story !== null && story.asked.length > 0;

function isMoment({ was, now }: Pair): boolean {
  if (was === null || now === null) return false;
  const ends = [...was.ended, ...now.ended];
  const at = partAt(was, now);
  const [then, otherwise] = [was.decisions[at], now.decisions[at]];
  if (isLate(then, otherwise, ends) || isLate(otherwise, then, ends)) return true;
  if (then !== undefined && otherwise !== undefined && areOfTheWorld(then, otherwise)) return true;
  // Both decided to act, and one of them found it over when it was about to.
  if (was.actions.length === now.actions.length) return false;
  return [was.decisions[at - 1], now.decisions[at - 1]].some(
    (both) => both?.kind === 'act' && endsSoon(both.at, ends),
  );
}

const endsSoon = (at: Instant, ends: readonly Instant[]): boolean =>
  ends.some((end) => end >= at && end - at <= CLOSE);

/** Whether both looked at the same thing right before and right after it changed. */
const areOfTheWorld = (one: Decision, other: Decision): boolean =>
  Math.abs(one.at - other.at) <= CLOSE && [one, other].every(({ reason }) => OF_THE_WORLD.includes(reason));

/** Whether one decided right before the alert ended, and the other at no time before that. */
const isLate = (
  decided: Decision | undefined,
  other: Decision | undefined,
  ends: readonly Instant[],
): boolean =>
  (decided?.kind === 'act' || decided?.kind === 'escalate') &&
  ends.some(
    (end) => end >= decided.at && end - decided.at <= CLOSE && (other === undefined || other.at >= end),
  );

const isOfThePast = ({ was, now }: Pair): boolean => {
  if (was === null || now === null) return false;
  const at = partAt(was, now);
  return [was.decisions[at], now.decisions[at]].some(
    (one) => one !== undefined && LOOK_BACK.includes(one.reason),
  );
};

/** Which decision is the first that is not the same; the number of all where each is. */
function partAt(was: Story, now: Story): number {
  const length = Math.max(was.decisions.length, now.decisions.length);
  for (let i = 0; i < length; i++) {
    const [then, otherwise] = [was.decisions[i], now.decisions[i]];
    if (then?.kind !== otherwise?.kind || then?.reason !== otherwise?.reason) return i;
  }
  return length;
}
