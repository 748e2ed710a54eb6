import type { Clock } from './clock.ts';
import type { Deps } from './deps.ts';
import type { Millis } from './domain/duration.ts';
import type { ClockJump } from './domain/facts.ts';
import type { Events } from './observe/events.ts';
import { write } from './store/db.ts';
import { carryWaits } from './store/incidents.ts';

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
    if (jump !== null && jump.until !== told?.until) deps.events.clockJumped(jump.by);
    told = jump;
    try {
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
 * What remains: windows of budgets, cooldown and backoff look back at times that stand in the log, and are nearer to their
 * end by the leap. A budget that was spent has opened its circuit, and that one is moved.
 * @returns whether it was ended just now
 */
export async function endJump(
  { db }: Pick<Deps, 'db'>,
  clock: Pick<Clock, 'leap' | 'resume'>,
): Promise<boolean> {
  const leap = clock.leap();
  if (leap === null) return false;
  if (leap > 0) await write(db, () => carryWaits(db, leap));
  clock.resume();
  return true;
}
