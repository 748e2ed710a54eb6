import type { Instant } from '../domain/duration.ts';
import { explain, REASONS, type Reason } from '../domain/reason.ts';
import { type Difference, type Totals, UNKNOWNS, type Unknown } from './compare.ts';
import type { Replay } from './replay.ts';
import type { End, Story } from './stories.ts';

/** What became of one trouble, for people and programs; times are RFC 3339. */
export interface StoryAnswer {
  /** The incident's number in the log; null for one that there never was. */
  incident: number | null;
  playbook: string | null;
  openedAt: string;
  closedAt: string | null;
  end: End;
  /** When something was done. */
  actions: readonly string[];
  askedAt: string | null;
  /** Why a person was told. */
  escalated: string | null;
  decisions: readonly { at: string; kind: string; reason: string }[];
}

export interface DifferenceAnswer {
  at: string;
  target: string | null;
  alert: string;
  was: StoryAnswer | null;
  now: StoryAnswer | null;
  /** The first decision of the other file that is not the one of the past, in words; null where each is the same. */
  because: string | null;
  notKnown: readonly Unknown[];
}

/** `alert-bot replay --json`. */
export interface ReplayAnswer {
  from: string;
  to: string;
  /** From when on it was replayed, so that budgets and cooldowns of before count. */
  began: string;
  read: Replay['read'];
  totals: { was: Totals; now: Totals };
  playbooks: readonly { name: string; was: Totals; now: Totals }[];
  same: number;
  differences: readonly DifferenceAnswer[];
  /** Which way these would have gone cannot be known. */
  undecided: readonly DifferenceAnswer[];
  notKnown: readonly { why: Unknown; text: string; count: number }[];
  assumptions: Replay['assumptions'];
  gaps: Replay['gaps'];
}

const iso = (at: Instant): string => new Date(at).toISOString();
const maybeIso = (at: Instant | null | undefined): string | null => (at == null ? null : iso(at));

/** A replay as it is answered: the same log and file give the same bytes. */
export const answerOf = (replay: Replay): ReplayAnswer => ({
  from: iso(replay.from),
  to: iso(replay.to),
  began: iso(replay.began),
  read: replay.read,
  totals: { was: replay.was, now: replay.now },
  playbooks: replay.playbooks,
  same: replay.same,
  differences: replay.differences.map(differenceOf),
  undecided: replay.undecided.map(differenceOf),
  notKnown: UNKNOWN_NAMES.map((why) => ({ why, text: UNKNOWNS[why], count: replay.unknown[why] })),
  assumptions: replay.assumptions,
  gaps: replay.gaps,
});

/** Why something is not known, in the order in which it is told. */
export const UNKNOWN_NAMES = [
  ...(['acted_otherwise', 'not_acted', 'asked', 'no_service', 'moment', 'follows'] as const),
] as const satisfies Unknown[];

function differenceOf({ was, now, unknown }: Difference): DifferenceAnswer {
  const one = was ?? now;
  return {
    at: iso(one?.openedAt ?? 0),
    target: now?.target ?? was?.target ?? null,
    alert: one?.title ?? '',
    // The numbers of the other log are nobody's.
    was: was === null ? null : storyAnswer(was, was.id),
    now: now === null ? null : storyAnswer(now, null),
    because: whyOtherwise(was, now),
    notKnown: unknown,
  };
}

const storyAnswer = (story: Story, incident: number | null): StoryAnswer => ({
  incident,
  playbook: story.playbook,
  openedAt: iso(story.openedAt),
  closedAt: maybeIso(story.closedAt),
  end: story.end,
  actions: story.actions.map(({ at }) => iso(at)),
  askedAt: maybeIso(story.asked[0]),
  escalated: story.escalated,
  decisions: story.decisions.map(({ at, kind, reason }) => ({ at: iso(at), kind, reason })),
});

function whyOtherwise(was: Story | null, now: Story | null): string | null {
  if (now === null) return null;
  const other = now.decisions.find(({ kind, reason }, i) => {
    const before = was?.decisions[i];
    return before === undefined || before.kind !== kind || before.reason !== reason;
  });
  return other === undefined ? null : `${other.kind} ${other.reason}: ${inWords(other.reason)}`;
}

const KNOWN: readonly string[] = Object.values(REASONS).flat();
const isReason = (text: string): text is Reason => KNOWN.includes(text);

/** The sentence of a reason; one that a newer version wrote is its own. */
export const inWords = (reason: string): string => (isReason(reason) ? explain(reason) : reason);
