import type { Millis } from '../domain/duration.ts';
import type { Db } from '../store/db.ts';
import { hasOpenEpisode } from '../store/episodes.ts';
import { isDismissed } from '../store/incidents.ts';

/** So many may be asked about at once, and after that so many a second: not as many as somebody cares to send. */
export const RECONSIDERED = { atOnce: 50, aSecond: 10 };

/** Dismissed incidents whose alert came again, and how many of them may be asked about now. */
export function createRepeats(db: Db, monotonic: () => Millis) {
  const waiting = new Set<number>();
  let allowance = RECONSIDERED.atOnce;
  let earnedAt = monotonic();

  return {
    note(incidents: Iterable<number>): void {
      for (const id of incidents) if (isDismissed(db, id)) waiting.add(id);
    },
    /** The next one, which counts as asked about; null where there is none, or none may be now. */
    next(): number | null {
      const now = monotonic();
      allowance = Math.min(
        RECONSIDERED.atOnce,
        allowance + ((now - earnedAt) / 1_000) * RECONSIDERED.aSecond,
      );
      earnedAt = now;
      for (const id of waiting) {
        if (allowance < 1) return null;
        waiting.delete(id);
        // What ended since is nobody's question any more.
        if (!hasOpenEpisode(db, id)) continue;
        allowance -= 1;
        return id;
      }
      return null;
    },
  };
}
