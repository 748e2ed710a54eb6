import type { Instant, Millis } from '../../../services/alert-bot/src/domain/duration.ts';
import type { Plan } from '../plan.ts';
import { BEGINS } from '../plan-policy.ts';
import { createRandom, type Random } from '../random.ts';
import { createTime, type Time } from '../time.ts';
import { createTrace, type Trace } from '../trace.ts';

/** What every part of the simulated world stands on: one time, one trace, random streams by name. */
export interface Ground {
  plan: Plan;
  time: Time;
  trace: Trace;
  /** The host's wall clock: what the bot, the engine, Prometheus and Alertmanager write down. It can be set. */
  wall(): Instant;
  /** Log time as it should be: the wall clock, but never going back, and at half the speed while it is ahead. */
  log(): Instant;
  setWall(by: Millis): void;
  /** A stream of its own for each part, so that one that asks more often does not change the others. */
  random(name: string): Random;
  /** No more trouble is made: what is broken stays as it is, what answers answers. */
  quiet: boolean;
}

export function createGround(plan: Plan, traceAll: boolean): Ground {
  const time = createTime();
  let ahead: Millis = 0;
  const wall = (): Instant => BEGINS + time.now() + ahead;
  let log = wall();
  let lookedAt = time.now();
  return {
    plan,
    time,
    trace: createTrace(time.now, traceAll),
    wall,
    log() {
      log = Math.max(log + (time.now() - lookedAt) / 2, wall());
      lookedAt = time.now();
      return log;
    },
    setWall: (by) => {
      ahead += by;
    },
    random: (name) => createRandom(plan.seed, name),
    quiet: false,
  };
}
