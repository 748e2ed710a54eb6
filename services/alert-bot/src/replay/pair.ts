import type { Instant, Millis } from '../domain/duration.ts';
import type { Story } from './stories.ts';

/** The same trouble then and now; null where there was none of it. */
export interface Pair {
  was: Story | null;
  now: Story | null;
}

/** Then and now an incident of the same trouble is opened by the same delivery, or by a sweep. */
const SAME_START: Millis = 45_000;

/**
 * Which incident of the other file is which of the past: of the same target (or the same alert, where there was no target),
 * opened at the same time. What one file made one incident of and the other two is one pair and one that stands alone.
 */
export function pairUp(was: readonly Story[], now: readonly Story[]): Pair[] {
  const bySubject = Map.groupBy(now, subjectOf);
  const near = was.flatMap((story) =>
    (bySubject.get(subjectOf(story)) ?? [])
      .filter((other) => distance(story, other) <= SAME_START)
      .map((other) => ({ was: story, now: other })),
  );
  // Stable, and the nearest first: none takes the one that is just like another.
  near.sort((a, b) => distance(a.was, a.now) - distance(b.was, b.now));
  const taken = new Set<Story>();
  const pairs: Pair[] = [];
  for (const pair of near) {
    if (taken.has(pair.was) || taken.has(pair.now)) continue;
    taken.add(pair.was).add(pair.now);
    pairs.push(pair);
  }
  for (const story of was) if (!taken.has(story)) pairs.push({ was: story, now: null });
  for (const story of now) if (!taken.has(story)) pairs.push({ was: null, now: story });
  return pairs.sort((a, b) => openedAt(a) - openedAt(b) || compareText(nameOf(a), nameOf(b)));
}

/** A playbook may give an alert a target that the past gave none: what it is about is its service, or else its name. */
const subjectOf = ({ isStorm, service, title, target }: Story): string =>
  isStorm ? 'storm' : (target ?? service ?? title);

const distance = (a: Story, b: Story): Millis => Math.abs(a.openedAt - b.openedAt);
const openedAt = ({ was, now }: Pair): Instant => was?.openedAt ?? now?.openedAt ?? 0;
const nameOf = ({ was, now }: Pair): string => was?.target ?? now?.target ?? was?.title ?? now?.title ?? '';
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
