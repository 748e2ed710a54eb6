import type { Plan } from './plan.ts';
import { createRandom } from './random.ts';

/** The function of the bot that commits, and what that commit means. One that is not here has its own name. */
const COMMITS: Readonly<Record<string, string>> = {
  callAndSettle: 'intent',
  settle: 'end_call',
  runAttempt: 'evidence',
  captureAfter: 'evidence_after',
  beginProof: 'begin_proof',
  keep: 'keep_proof',
  proven: 'proven',
  handOver: 'hand_over',
  giveUp: 'give_up',
  decideAnew: 'decide_anew',
  consider: 'decision',
  reconsider: 'decide_again',
  ended: 'dismiss',
  flush: 'page_sent',
  pass: 'alive',
  close: 'handed_over_end',
  commit: 'delivery',
  triagePending: 'triage',
  batch: 'prune',
  giveSpaceBack: 'give_space_back',
  handOverDefect: 'internal_error',
  begin: 'begin_triage',
  // What people order over HTTP: the last function with a name before its handler.
  requireToken: 'order',
  tendStorms: 'storm',
};

/** Which the process may die at: before the transaction is kept, after it, or while it waits for an answer. */
export const commitPoints = (name: string) => [`commit:${name}:lost`, `commit:${name}:kept`] as const;

/** What the process does at a point: the beginning of its name. */
type Kind = 'commit' | 'await' | 'sleep';

export interface Crashes {
  /**
   * Draws whether the process dies at a point; whoever asks lets it `die`. To name a point is dear, and mostly it does not:
   * so it is named only where it may.
   * @returns its name, or null
   */
  draws(kind: Kind, point: () => string): string | null;
  /** The name of a commit by the function of its transaction. */
  nameOfCommit(fn: () => unknown): string;
  die(point: string): void;
  /** Whether it may still die in this run. */
  mayDie(): boolean;
  /** How often it died at each. */
  hits: ReadonlyMap<string, number>;
  /** No more of them. */
  stop(): void;
}

/** In what share of the runs a point is favoured, and how likely the process then dies there: the rarer it is passed, the likelier. */
type Liking = readonly [favoured: number, likely: number];
const ELSEWHERE = 0.0005;
/** So often in a run at one point. */
const AT_MOST = 2;

/**
 * Which points the process of a run dies at. Each run favours some, so that over many runs every one is hit often, also
 * those that are rarely passed.
 */
export function createCrashes(plan: Plan, at: (point: string) => void): Crashes {
  const random = createRandom(plan.seed, 'crashes');
  const likely = new Map<string, number>();
  for (const [point, [favoured, chance]] of LIKINGS) if (random.chance(favoured)) likely.set(point, chance);
  const hits = new Map<string, number>();
  let left = plan.crashes;
  // What is passed once in some runs must not find the process out of lives.
  let leftForSeldom = left > 0 ? 8 : 0;
  const isSeldom = (point: string) => SELDOM.has(point);
  const hitsOf = (point: string) => hits.get(point) ?? 0;
  const mayDie = () => left + leftForSeldom > 0;
  const likeliest = (kind: Kind) =>
    Math.max(ELSEWHERE, ...[...likely].map(([point, chance]) => (point.startsWith(kind) ? chance : 0)));
  const atMost = { commit: likeliest('commit'), await: likeliest('await'), sleep: likeliest('sleep') };
  const die = (point: string) => {
    if (isSeldom(point)) leftForSeldom--;
    else left--;
    hits.set(point, hitsOf(point) + 1);
    at(point);
  };
  return {
    mayDie,
    draws(kind, point) {
      if (!mayDie()) return null;
      const drawn = random.next();
      if (drawn >= atMost[kind]) return null;
      const name = point();
      const isLeft = (isSeldom(name) ? leftForSeldom : left) > 0 && hitsOf(name) < AT_MOST;
      return isLeft && drawn < (likely.get(name) ?? ELSEWHERE) ? name : null;
    },
    nameOfCommit: createCommitNames(),
    die,
    hits,
    stop: () => {
      left = 0;
      leftForSeldom = 0;
    },
  };
}

/** Stacks are dear, and the bot makes errors all the time (a sleep that is ended is one): only here one is taken. */
export function stackNow(): string[] {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 25;
  const lines = new Error().stack?.split('\n').slice(1) ?? [];
  Error.stackTraceLimit = before;
  return lines;
}

/**
 * What a commit means: by the function that begins the transaction. The text of the transaction's function is the key,
 * so that a stack is read once for each; kept for one run only, as who comes first decides.
 */
function createCommitNames(): (fn: () => unknown) => string {
  const names = new Map<string, string>();
  return (fn) => {
    const text = fn.toString();
    const known = names.get(text);
    if (known !== undefined) return known;
    const caller = callerOutsideStore();
    const name = COMMITS[caller] ?? caller;
    names.set(text, name);
    return name;
  };
}

function callerOutsideStore(): string {
  const lines = stackNow();
  for (const line of lines) {
    if (!line.includes('/alert-bot/src/') || line.includes('/store/db.ts')) continue;
    const name = /at (?:async )?(?:[\w$]+\.)*([\w$]+) \(/.exec(line)?.[1];
    if (name !== undefined && name !== 'Object' && name !== 'anonymous') return name;
  }
  return 'unnamed';
}

const awaits = (...names: string[]) => names.map((name) => `await:${name}`);
const sleeps = (...names: string[]) => names.map((name) => `sleep:${name}`);
const commits = (...names: string[]) => names.flatMap(commitPoints);

/** Passed many times in every run. */
const ALWAYS = [
  ...commits('decision', 'delivery', 'triage'),
  ...awaits('find', 'inspect', 'list', 'read', 'rules'),
  ...sleeps('idle', 'clock'),
];
/** Passed a few times a minute. */
const REGULARLY = commits('alive', 'sweep', 'prune', 'give_space_back');
/** Passed where something is proven. */
const IN_PROOFS = awaits('samples');
/** Passed often, but mostly by a process that has no lives left. */
const LATE = commits('begin_proof', 'keep_proof');
const WHILE_PROVING = sleeps('proof');
/** Passed a few times in most runs. */
const SOMETIMES = [
  ...commits('reserve', 'evidence', 'page_sent', 'decide_again'),
  ...awaits('logs', 'send'),
  ...sleeps('evidence'),
];
/** Passed where a delivery waits behind others, or is tried again: the intake counts the first try of the rest. */
const BEHIND_OTHERS = commits('begin_triage');
/** Passed in some runs only: the process keeps lives for them. */
const IN_ATTEMPTS = [...commits('intent', 'end_call', 'decide_anew'), ...awaits('restart')];
const NOW_AND_THEN = [
  ...commits('storm', 'order', 'proven', 'handed_over_end'),
  ...awaits('value'),
  ...sleeps('doubt', 'handed_over'),
];
/** Passed when the proof of an attempt is over, mostly late in a run. */
const AFTER_PROOFS = [...commits('evidence_after'), ...awaits('logs_after'), ...sleeps('evidence_after')];
const SELDOM_PASSED = commits('hand_over');
/** Passed in many runs, so that with more of it the lives would be gone. */
const DISMISSED = commits('dismiss');
const HARDLY_EVER = sleeps('rolling');
/** Tried again until it is kept: whoever dies before it mostly would hardly ever die after it. */
const [GIVE_UP_LOST, GIVE_UP_KEPT] = commitPoints('give_up');
const SECOND_HALF = [...awaits('start'), ...sleeps('successor')];

const LIKINGS = new Map<string, Liking>(
  [
    [ALWAYS, [0.25, 0.06]] as const,
    [REGULARLY, [0.12, 0.25]] as const,
    [IN_PROOFS, [0.6, 0.35]] as const,
    [LATE, [0.7, 0.5]] as const,
    [WHILE_PROVING, [0.12, 0.5]] as const,
    [SOMETIMES, [0.45, 0.5]] as const,
    [BEHIND_OTHERS, [0.25, 0.4]] as const,
    [IN_ATTEMPTS, [0.26, 0.5]] as const,
    [NOW_AND_THEN, [0.3, 0.5]] as const,
    [AFTER_PROOFS, [0.45, 0.5]] as const,
    [SELDOM_PASSED, [0.7, 0.6]] as const,
    [DISMISSED, [0.15, 0.5]] as const,
    [HARDLY_EVER, [0.6, 0.6]] as const,
    [[GIVE_UP_LOST], [1, 0.6]] as const,
    [[GIVE_UP_KEPT], [1, 0.9]] as const,
    [SECOND_HALF, [1, 0.95]] as const,
  ].flatMap(([points, liking]) => points.map((point): [string, Liking] => [point, liking])),
);
const SELDOM: ReadonlySet<string> = new Set([
  ...BEHIND_OTHERS,
  ...IN_ATTEMPTS,
  ...NOW_AND_THEN,
  ...AFTER_PROOFS,
  ...SELDOM_PASSED,
  ...DISMISSED,
  ...WHILE_PROVING,
  ...HARDLY_EVER,
  GIVE_UP_LOST,
  GIVE_UP_KEPT,
  ...SECOND_HALF,
]);

/** Every point by name; `npm run test:sim` asks that each is hit often enough. */
export const POINTS: readonly string[] = [...LIKINGS.keys()];
