import type { Instant, Millis } from '../domain/duration.ts';
import type { PastCall } from './calls.ts';
import { closeCalls } from './close-calls.ts';
import type { Pair } from './pair.ts';
import type { MadeCall } from './platform.ts';
import type { End, Story } from './stories.ts';

/** Why what is told of an incident is not known. */
export const UNKNOWNS = {
  acted_otherwise:
    'It would have acted when or where the past did not. What that would have led to is not known.',
  not_acted:
    'The past acted and it would not have, or later. Whether the alert would have ended by itself is not known.',
  asked: 'It would have asked a person, whom nobody asked then. What they would have said is not known.',
  no_service: 'The record does not say whether its service is there.',
  moment:
    'The alert, or what it depends on, changed within 5 s of a decision. Whether the bot would have looked before or after that is not in the record.',
  follows: 'It follows from such a one on the same target before it, which counts for its budget.',
} as const;
export type Unknown = keyof typeof UNKNOWNS;

/** One trouble that would have gone otherwise. */
export interface Difference extends Pair {
  unknown: readonly Unknown[];
}

/** How much of what there was, or would have been. */
export interface Totals {
  incidents: number;
  actions: number;
  /** Handed to a person; a page, but for those that a storm's page told of. */
  escalated: number;
  /** A person was asked first. */
  asked: number;
  /** Incidents that were made to wait for anything. */
  deferred: number;
  healed: number;
  recovered: number;
  dismissed: number;
}

export interface Outlook {
  was: Totals;
  now: Totals;
  playbooks: readonly { name: string; was: Totals; now: Totals }[];
  same: number;
  differences: readonly Difference[];
  /** Those that went otherwise only because of the moment of a look, and what follows from them. */
  undecided: readonly Difference[];
  /** Incidents of the other file of which not all is known, by why. */
  unknown: Readonly<Record<Unknown, number>>;
}

export interface CompareOptions {
  made: readonly MadeCall[];
  notMade: readonly PastCall[];
  unknownServices: ReadonlySet<string>;
  /** So far back a decision looks. */
  memory: Millis;
}

/** Compares what was with what would have been. */
export function compare(pairs: readonly Pair[], options: CompareOptions): Outlook {
  const isKnown = new Map(options.made.map((call) => [keyOf(call), call.isKnown]));
  const unknown: Record<Unknown, number> = {
    ...{ acted_otherwise: 0, not_acted: 0, asked: 0, no_service: 0, moment: 0, follows: 0 },
  };
  const differences: Difference[] = [];
  const undecided: Difference[] = [];
  const close = closeCalls(pairs.filter(differs), options.memory);
  for (const pair of pairs) {
    const call = close.get(pair);
    const why = call === undefined ? unknownOf(pair, isKnown, options) : [call];
    for (const one of why) unknown[one] += 1;
    if (call !== undefined) undecided.push({ ...pair, unknown: why });
    else if (differs(pair) || why.length > 0) differences.push({ ...pair, unknown: why });
  }
  const names = new Set(pairs.flatMap(({ was, now }) => [playbookOf(was), playbookOf(now)]));
  names.delete(null);
  const [was, now] = [pairs.map((pair) => pair.was), pairs.map((pair) => pair.now)];
  return {
    was: totalsOf(was),
    now: totalsOf(now),
    playbooks: [...names]
      .filter((name) => name !== null)
      .sort()
      .map((name) => ({
        name,
        was: totalsOf(was.filter((story) => playbookOf(story) === name)),
        now: totalsOf(now.filter((story) => playbookOf(story) === name)),
      })),
    same: pairs.length - differences.length - undecided.length,
    differences,
    undecided,
    unknown,
  };
}

const keyOf = ({ at, instance }: { at: Instant; instance: string }): string => `${at} ${instance}`;
const playbookOf = (story: Story | null): string | null => story?.playbook ?? null;

/** Whether it would have gone otherwise as a person sees it; some seconds more or less are none. */
export function differs({ was, now }: Pair): boolean {
  if (was === null || now === null) return true;
  return (
    was.end !== now.end ||
    was.actions.length !== now.actions.length ||
    was.escalated !== now.escalated ||
    was.asked.length > 0 !== now.asked.length > 0
  );
}

function unknownOf(
  { was, now }: Pair,
  isKnown: ReadonlyMap<string, boolean>,
  { notMade, unknownServices }: CompareOptions,
): Unknown[] {
  const why: Unknown[] = [];
  if (now?.actions.some((action) => isKnown.get(keyOf(action)) === false)) why.push('acted_otherwise');
  if (was?.actions.some((action) => notMade.some((call) => isSame(call, action)))) why.push('not_acted');
  if (now !== null && now.asked.length > 0 && (was === null || was.asked.length === 0)) why.push('asked');
  if (now?.service != null && unknownServices.has(now.service)) why.push('no_service');
  return why;
}

/** The call of an action: it is made right after the intent is written. */
const isSame = (call: PastCall, action: { at: Instant; instance: string }): boolean =>
  call.instance === action.instance && Math.abs(call.from - action.at) < 1_000;

function totalsOf(stories: readonly (Story | null)[]): Totals {
  const all = stories.filter((story) => story !== null);
  const ended = (end: End) => all.filter((story) => story.end === end).length;
  return {
    incidents: all.length,
    actions: all.reduce((sum, story) => sum + story.actions.length, 0),
    escalated: all.filter((story) => story.escalated !== null).length,
    asked: all.filter((story) => story.asked.length > 0).length,
    deferred: all.filter((story) => story.decisions.some(({ kind }) => kind === 'defer')).length,
    healed: ended('healed'),
    recovered: ended('recovered'),
    dismissed: ended('dismissed'),
  };
}
