import type { Clock } from './clock.ts';
import type { Deps } from './deps.ts';
import type { Millis } from './domain/duration.ts';
import type { ClockJump } from './domain/facts.ts';
import type { Events } from './observe/events.ts';
import { untilUnambiguous } from './policy/proof.ts';
import { write } from './store/db.ts';
import { recordJump, recordLeap } from './store/leaps.ts';
import { carryWaits, extendProofs } from './store/waits.ts';

/** How often both clocks are compared, so that a jump is seen when nothing else asks for the time. */
const LOOK_EVERY: Millis = 1_000;

interface Keeper extends Pick<Deps, 'db' | 'wake'> {
  sleep(length: Millis): Promise<void>;
  events: Pick<Events, 'clockJumped' | 'failed'>;
}

/**
 * Looks for jumps of the clock until the process stops, tells of each and ends it. Resolves when the process stops.
 * @returns never rejects: a log that cannot be written only makes the hold longer
 */
export async function keepTime(deps: Keeper, clock: Clock): Promise<void> {
  let told: ClockJump | null = null;
  for (;;) {
    const jump = clock.jump();
    const isNew = jump !== null && jump.until !== told?.until;
    if (isNew) deps.events.clockJumped(jump.by);
    told = jump;
    try {
      // A process that ends in the middle of the hold would leave the leap to one that knows nothing of it.
      if (isNew) await write(deps.db, () => recordJump(deps.db, jump.by));
      if (await endJump(deps, clock)) deps.wake();
    } catch (error) {
      deps.events.failed('clock', error);
    }
    try {
      await deps.sleep(LOOK_EVERY);
    } catch {
      return;
    }
  }
}

/**
 * Ends a jump once the clock was steady for long enough: what waits is moved first, so that log time leaps past nothing.
 * Windows that look back (budgets, cooldowns) count the leap in. Where the clock was set back, proofs get the time in which
 * what Prometheus says cannot be told from what it said before.
 * @returns whether it was ended just now
 */
export async function endJump(
  { db }: Pick<Deps, 'db'>,
  clock: Pick<Clock, 'now' | 'behind' | 'newFrom' | 'leap' | 'resume'>,
): Promise<boolean> {
  const leap = clock.leap();
  if (leap === null) return false;
  await write(db, () => {
    const newFrom = clock.newFrom();
    const now = clock.now();
    if (leap > 0) {
      recordLeap(db, leap, now);
      carryWaits(db, leap);
    } else extendProofs(db, untilUnambiguous(newFrom, now - clock.behind()));
    recordJump(db, 0);
  });
  clock.resume();
  return true;
}
