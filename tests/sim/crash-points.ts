import type { Plan } from './plan.ts';
import { createRandom } from './random.ts';

/** The function of the bot that commits, and what that commit means. One that is not here has its own name. */
const COMMITS: Readonly<Record<string, string>> = {
  callAndSettle: 'intent',
  settle: 'end_call',
  runAttempt: 'evidence',
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
};

/** Which the process may die at: before the transaction is kept, after it, or while it waits for an answer. */
export const commitPoints = (name: string) => [`commit:${name}:lost`, `commit:${name}:kept`] as const;

export interface Crashes {
  /** Whether the process is to die at this point; whoever asks lets it `die`. */
  draws(point: string): boolean;
  die(point: string): void;
  /** Both: true where it has just died. */
  diesAt(point: string): boolean;
  /** Whether it may still die in this run: nobody has to name a point otherwise. */
  mayDie(): boolean;
  /** How often it died at each. */
  hits: ReadonlyMap<string, number>;
  /** No more of them. */
  stop(): void;
}

/** Points that each run may favour: every one is hit often over many runs, also those that are rarely passed. */
export function createCrashes(
  plan: Plan,
  favourites: readonly string[],
  at: (point: string) => void,
): Crashes {
  const random = createRandom(plan.seed, 'crashes');
  const favoured = new Set([random.pick(favourites), random.pick(favourites), random.pick(favourites)]);
  const hits = new Map<string, number>();
  let left = plan.crashes;
  const draws = (point: string) => left > 0 && random.chance(favoured.has(point) ? 0.4 : 0.001);
  const die = (point: string) => {
    left--;
    hits.set(point, (hits.get(point) ?? 0) + 1);
    at(point);
  };
  return {
    mayDie: () => left > 0,
    draws,
    die,
    diesAt(point) {
      if (!draws(point)) return false;
      die(point);
      return true;
    },
    hits,
    stop: () => {
      left = 0;
    },
  };
}

const names = new Map<string, string>();

/**
 * What a commit means: by the function that begins the transaction. The text of the transaction's function is the
 * key, so that a stack is read once for each.
 */
export function nameOfCommit(fn: () => unknown): string {
  const text = fn.toString();
  const known = names.get(text);
  if (known !== undefined) return known;
  const caller = callerOutsideStore();
  const name = COMMITS[caller] ?? caller;
  names.set(text, name);
  return name;
}

function callerOutsideStore(): string {
  const lines = new Error().stack?.split('\n').slice(1) ?? [];
  for (const line of lines) {
    if (line.includes('/tests/sim/') || line.includes('/store/db.ts')) continue;
    const name = /at (?:async )?(?:[\w$]+\.)*([\w$]+) \(/.exec(line)?.[1];
    if (name !== undefined && name !== 'Object' && name !== 'anonymous') return name;
  }
  return 'unnamed';
}

/** Every point by name; `npm run test:sim` asks that each is hit often enough. */
export const POINTS: readonly string[] = [
  ...[
    'reserve',
    'intent',
    'end_call',
    'evidence',
    'begin_proof',
    'keep_proof',
    'proven',
    'hand_over',
    'give_up',
    'decide_anew',
    'decision',
    'page_sent',
    'alive',
    'handed_over_end',
    'delivery',
    'triage',
    'sweep',
  ].flatMap(commitPoints),
  ...['find', 'inspect', 'list', 'logs', 'restart', 'start', 'read', 'send', 'rules', 'samples', 'value'].map(
    (one) => `await:${one}`,
  ),
  ...['idle', 'proof', 'handed_over', 'doubt', 'rolling', 'evidence'].map((one) => `sleep:${one}`),
];
