import type { Instant, Millis } from '../domain/duration.ts';
import type { Verb } from '../domain/platform.ts';
import type { Instance, Target } from '../domain/target.ts';

/** A call of the past, with what it changed as far as was observed. */
export interface PastCall {
  instance: string;
  verb: Verb;
  from: Instant;
  to: Instant;
  /** What the platform said where it was not that it is done. */
  code: string | undefined;
  error: string | undefined;
  before: Instance | null;
  after: Instance | null;
  /** Whether the other policy makes it too: only then what it changed is shown. */
  isMade: boolean;
}

/** A call within so much of one of the past is that one: evidence and queues take other times than then. */
export const SAME_CALL: Millis = 15_000;
/** What is seen of an instance for the first time so much later may be anybody's doing. */
const SHOWS_WITHIN: Millis = 60_000;
/** What a call takes where nothing is known. */
const TAKES: Millis = 1_000;

export type PastCalls = ReturnType<typeof createCalls>;

/**
 * What the bot did in the past, and what it does now. The record shows the effects of what was done then: those are hidden as
 * long as it is not done now, and what is only done now is shown as a restart that changed nothing else.
 */
export function createCalls(past: readonly PastCall[]) {
  const byInstance = Map.groupBy(past, ({ instance }) => instance);
  /** When an instance was started by a call that the past did not make. */
  const started = new Map<string, Instant>();
  let version = 0;
  /** When what is shown changes by itself. */
  const turns = past
    .flatMap(({ from, to }) => [from, from + SAME_CALL + 1, to + SHOWS_WITHIN + 1])
    .sort((a, b) => a - b);
  let turned = 0;

  function hide(seen: Instance, now: Instant): Instance {
    let shown = seen;
    const calls = byInstance.get(seen.id) ?? [];
    for (let i = calls.length - 1; i >= 0; i--) {
      const call = calls[i];
      if (call === undefined || call.isMade || call.before === null || call.from > now) continue;
      const { before } = call;
      if (isResultOf(call, shown)) {
        // It may still be made: until then nothing has changed. After that the trouble ends when it ended.
        const isOpen = now <= call.from + SAME_CALL || call.code !== undefined;
        shown = isOpen ? before : unstarted(shown, before);
      }
      // Stopped and not started yet.
      else if (now <= call.to + SHOWS_WITHIN && !shown.running && before.running) shown = before;
    }
    return shown;
  }

  function show(seen: Instance, now: Instant): Instance {
    const shown = hide(seen, now);
    const at = started.get(seen.id);
    if (at === undefined || (shown.startedAt ?? 0) >= at) return shown;
    return { ...shown, running: true, atRest: null, startedAt: at, finishedAt: at - 1 };
  }

  return {
    /** Raised whenever something else is shown; time only goes on. */
    version(now: Instant): number {
      while ((turns[turned] ?? Number.POSITIVE_INFINITY) <= now) turned += 1;
      return version + turned;
    },
    /** A target as it would be, had only those calls been made that are made now. */
    show: (target: Target, now: Instant): Target =>
      target.instances.every(({ id }) => !byInstance.has(id) && !started.has(id))
        ? target
        : { ...target, instances: target.instances.map((one) => show(one, now)) },
    /** The call of the past that a call made now is, if any. */
    take(verb: Verb, instance: string, now: Instant): PastCall | null {
      const call = (byInstance.get(instance) ?? []).find(
        (one) => !one.isMade && one.verb === verb && Math.abs(one.from - now) <= SAME_CALL,
      );
      if (call === undefined) return null;
      call.isMade = true;
      version += 1;
      return call;
    },
    /** A call that the past did not make is over. */
    started(instance: string, now: Instant): void {
      started.set(instance, now);
      version += 1;
    },
    /** How long such a call takes: as long as those of the past on the same instance, or else on others. */
    takes(instance: string): Millis {
      const all = past.filter(({ code }) => code === undefined);
      const own = all.filter((call) => call.instance === instance);
      const done = own.length > 0 ? own : all;
      const lengths = done.map(({ from, to }) => to - from).sort((a, b) => a - b);
      return lengths[Math.floor(lengths.length / 2)] ?? TAKES;
    },
    /** Those of the past that were not made now. */
    notMade: () => past.filter(({ isMade }) => !isMade),
  };
}

const isResultOf = ({ before, after }: PastCall, seen: Instance): boolean => {
  if (before === null || after === null) return false;
  if (after.startedAt !== before.startedAt) return seen.startedAt === after.startedAt;
  return seen.startedAt === after.startedAt && seen.finishedAt === after.finishedAt;
};

/** It is as well as it was seen to be, but nobody has restarted it. */
const unstarted = (seen: Instance, before: Instance): Instance => ({
  ...seen,
  startedAt: before.startedAt,
  finishedAt: before.finishedAt,
  restartCount: before.restartCount,
});

/** What was seen of an instance by time, for what a call changed of it. */
export interface SeenInstance {
  at: Instant;
  instance: Instance;
}

/** @param seen of that instance, in the order of time */
export function aroundCall(
  seen: readonly SeenInstance[],
  from: Instant,
  to: Instant,
): Pick<PastCall, 'before' | 'after'> {
  const before = seen.findLast(({ at }) => at <= from)?.instance ?? seen[0]?.instance ?? null;
  const after =
    seen.find(
      ({ at, instance }) =>
        at >= to &&
        at <= to + SHOWS_WITHIN &&
        (instance.startedAt !== before?.startedAt || instance.finishedAt !== before?.finishedAt),
    )?.instance ?? null;
  return { before, after };
}
