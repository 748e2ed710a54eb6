import type { Instant, Millis } from '../domain/duration.ts';
import type { DependencyFacts, Facts } from '../domain/facts.ts';
import { inLogTime } from '../domain/outside-time.ts';
import { type Blocked, block, defer, unknown } from './block.ts';

export type DependencyAnswer =
  | { answer: 'allow' }
  | { answer: 'unknown'; because: string }
  | { answer: 'unwell'; because: string }
  | { answer: 'settle'; until: Instant; because: string };

/**
 * Root cause first (G7): a target is not restarted for the trouble of what it depends on. While something is
 * unwell it waits; once all is well again it waits until its own alert would have let go if that had been
 * the cause, because the rule still looks back at the time of the outage.
 * @param settle how long it waits at least, so that trouble of a dependency can show
 */
export function dependenciesAllow(
  facts: DependencyFacts,
  settle: Millis,
  openedAt: Instant,
  now: Instant,
): DependencyAnswer {
  const { unwellAt, targetStartedAt, letsGoAfter } = facts;
  // Members of a cycle would wait for each other until somebody is told of both.
  const all = facts.all.filter((dependency) => !dependency.inCycle);
  if (all.length === 0) return { answer: 'allow' };
  const unasked = all.find((dependency) => 'unknown' in dependency.state);
  const unwell = all.flatMap(({ id, state }) => ('unwell' in state ? [`${id}: ${state.unwell}`] : []));
  if (unwell.length > 0) return { answer: 'unwell', because: unwell.join('; ') };
  if (unasked !== undefined && 'unknown' in unasked.state)
    return { answer: 'unknown', because: `${unasked.id}: ${unasked.state.unknown}` };

  const starts = all.flatMap(({ state }) => ('wellSince' in state ? [state.wellSince] : []));
  // What came up before the target itself, or long before the trouble, has nothing to do with it.
  const early = Math.max(targetStartedAt ?? 0, openedAt - letsGoAfter);
  const cured = Math.max(unwellAt ?? 0, ...starts.filter((at) => at > early));
  const afterCure = cured + letsGoAfter + settle;
  if (cured > 0 && now < afterCure)
    return {
      answer: 'settle',
      until: afterCure,
      because: 'what it depends on was unwell; the alert may still look back at that',
    };
  const afterOpening = openedAt + settle;
  if (now < afterOpening)
    return { answer: 'settle', until: afterOpening, because: 'trouble of what it depends on may show yet' };
  return { answer: 'allow' };
}

/** When its instances started is what the platform says. */
const readInLogTime = (facts: DependencyFacts, behind: Millis, now: Instant): DependencyFacts => ({
  ...facts,
  targetStartedAt: facts.targetStartedAt === null ? null : inLogTime(facts.targetStartedAt, behind, now),
  all: facts.all.map((one) =>
    'wellSince' in one.state
      ? { ...one, state: { wellSince: inLogTime(one.state.wellSince, behind, now) } }
      : one,
  ),
});

/** Root cause first (G7): before the loops, so that nobody is paged about a service for its database's sake. */
export function dependencyGuards(facts: Facts, settle: Millis, now: Instant): Blocked[] {
  const seen = readInLogTime(facts.dependencies, facts.behind, now);
  const answer = dependenciesAllow(seen, settle, facts.incident.openedAt, now);
  switch (answer.answer) {
    case 'allow':
      return [];
    case 'unknown':
      return [unknown('dependencies', answer.because)];
    case 'unwell':
      return [block('dependencies', defer('dependency_unhealthy', null), answer.because)];
    case 'settle':
      return [block('dependencies', defer('settle', answer.until), answer.because)];
  }
}
