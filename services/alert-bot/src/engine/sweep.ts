import { stateOf } from '../decision/facts.ts';
import type { Deps } from '../deps.ts';
import { isHeartbeat, isOwn } from '../domain/alert.ts';
import type { AlertReading } from '../domain/signals.ts';
import { cannotWrite, write } from '../store/db.ts';
import { adoptEpisode, missedEpisode, openEpisodeOf, openEpisodes, sawEpisode } from '../store/episodes.ts';
import { endEpisode, matching, triageAlert } from '../triage/triage.ts';

/** Wakes make it fast, the sweep makes it right (design §4). */
export const SWEEP_EVERY = 30_000;

/** An absence counts from the second reading, so much after the first (design §2). */
const ABSENT_FOR = 30_000;

/**
 * Compares the open episodes with what Alertmanager holds: what it lost (it never sends `resolved` after its
 * own restart) closes on two readings, what was never delivered opens. Without an answer nothing changes.
 * @returns the reading, or null where no Alertmanager answered
 */
export async function sweep(deps: Deps): Promise<AlertReading | null> {
  const { db } = deps;
  const reading = await deps.alertmanager.read(deps.now() - deps.behind()).catch((error: unknown) => {
    deps.events.sourceAway('alertmanager', error instanceof Error ? error.message : String(error));
    return null;
  });
  const now = deps.now();
  await write(db, () => {
    for (const episode of openEpisodes(db)) {
      if (episode.source === 'alertmanager' && reading === null) continue;
      const { state } = stateOf(episode, reading, now);
      if (state === 'absent' && episode.source === 'manual') endEpisode(db, episode, 'expired', now);
      else if (state === 'absent') {
        missedEpisode(db, episode.id, now);
        const since = episode.absentSince ?? now;
        if (now - since >= ABSENT_FOR) endEpisode(db, episode, 'absent', now);
      } else if (state !== 'unknown' && episode.absentSince !== null) sawEpisode(db, episode.id, now);
    }
    if (reading !== null) openMissed(deps, reading, now);
  });
  if (reading !== null) deps.events.swept(now);
  return reading;
}

/** Alerts that fire and match a playbook, yet were never delivered: a lost webhook must not lose them. */
function openMissed(deps: Deps, reading: AlertReading, now: number): void {
  const { playbooks, limits } = deps.playbooks();
  const context = { playbooks, limits, targetId: (service: string) => deps.platform.targetId(service) };
  for (const alert of reading.alerts.values()) {
    if (isOwn(alert.labels) || isHeartbeat(alert.labels)) continue;
    const open = openEpisodeOf(deps.db, alert.fingerprint);
    // Somebody sent the same alert by hand: from now on Alertmanager's silences hold for it (G13).
    if (open?.source === 'manual') adoptEpisode(deps.db, open.id, alert);
    if (alert.state !== 'active' || matching(context, alert) === undefined || open !== undefined) continue;
    try {
      // A savepoint: an alert that cannot be triaged must not keep the bot from all others.
      deps.db.transaction(() => triageAlert(deps.db, context, alert, 'alertmanager', now))();
    } catch (error) {
      if (cannotWrite(error)) throw error;
      deps.events.failed('sweep', error);
    }
  }
}
