import { setTimeout as sleep } from 'node:timers/promises';
import type { Performed } from '../shop/perform.ts';
import type { Action, Mix } from './action.ts';
import { type Demand, nextArrival } from './demand.ts';
import { choose, type Random } from './random.ts';

export interface UserDeps {
  /** The demand of this user alone. */
  demand: Demand;
  mix: Mix;
  patienceMs: number;
  random: Random;
  /** Milliseconds since the start of the run. */
  elapsed: () => number;
  /** Nothing is due at this time or later. */
  endsAtMs: number;
  /** Aborts when nothing further is to be begun. */
  stopped: AbortSignal;
  /** Aborts when what is under way is not waited for either; that is reported to nobody. */
  cut: AbortSignal;
  perform(action: Action, signal: AbortSignal): Promise<Performed>;
  /** `latencyMs` counts from when the action was due. */
  report(action: Action, performed: Performed, latencyMs: number): void;
}

/**
 * The life of one user: things become due whether or not the last one is done, and are done one after the other. So a
 * user who waits for a slow answer is late for what comes next, and that lateness is part of its latency: a shop that
 * hangs is not asked less often for it (coordinated omission).
 */
export async function live(deps: UserDeps): Promise<void> {
  const { demand, mix, patienceMs, random, elapsed, stopped, cut } = deps;
  let dueAt = 0;
  for (;;) {
    dueAt = nextArrival(dueAt, -Math.log(1 - random()), demand);
    if (dueAt >= deps.endsAtMs) return;
    await until(dueAt - elapsed(), stopped);
    if (stopped.aborted) return;

    const action = choose(mix, random);
    const patienceLeft = dueAt + patienceMs - elapsed();
    const performed =
      patienceLeft <= 0
        ? neverBegun
        : await deps.perform(action, AbortSignal.any([cut, AbortSignal.timeout(Math.ceil(patienceLeft))]));
    if (cut.aborted) return;
    deps.report(action, performed, elapsed() - dueAt);
  }
}

/** All the patience went into waiting for an earlier answer. */
const neverBegun: Performed = {
  outcome: 'error',
  reason: 'gave up before it began',
  answered: false,
  retried: false,
};

async function until(ms: number, stopped: AbortSignal): Promise<void> {
  if (ms <= 0) return;
  // Longer than a timer takes would fire at once.
  await sleep(Math.min(ms, 2_147_483_647), undefined, { signal: stopped }).catch(() => undefined);
}
