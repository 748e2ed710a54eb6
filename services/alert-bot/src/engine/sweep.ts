import { stateOf } from '../decision/facts.ts';
import type { Deps } from '../deps.ts';
import { isHeartbeat, isOwn } from '../domain/alert.ts';
import type { Instant } from '../domain/duration.ts';
import type { AlertReading, CurrentAlert } from '../domain/signals.ts';
import { cannotWrite, savepoint, write } from '../store/db.ts';
import {
  adoptEpisode,
  lastEndedAt,
  missedEpisode,
  ongoingEpisodeOf,
  openEpisodeById,
  openEpisodeIds,
  sawEpisode,
} from '../store/episodes.ts';
import { noteSweep } from '../store/observations.ts';
import { endEpisode, matching, triageAlert } from '../triage/triage.ts';

/** Wakes make it fast, the sweep makes it right (design §4). */
export const SWEEP_EVERY = 30_000;

/** An absence counts from the second reading, so much after the first (design §2). */
const ABSENT_FOR = 30_000;

/** A transaction: some milliseconds. */
const AT_ONCE = 50;

/**
 * Compares the open episodes with what Alertmanager holds: what it lost (it never sends `resolved` after its
 * own restart) closes on two readings, what was never delivered opens. Without an answer nothing changes.
 * @returns the reading, or null where no Alertmanager answered
 */
export async function sweep(deps: Deps): Promise<AlertReading | null> {
  const { db } = deps;
  // Before the reading: what opens while it is compared is not in it, and is not missing for that.
  const open = openEpisodeIds(db);
  const reading = await deps.alertmanager.read(deps.now() - deps.behind()).catch((error: unknown) => {
    deps.events.sourceAway('alertmanager', error instanceof Error ? error.message : String(error));
    return null;
  });
  const now = deps.now();
  for (let i = 0; i < open.length; i += AT_ONCE) {
    await deps.breathe();
    await write(db, () => compare(deps, reading, open.slice(i, i + AT_ONCE), now));
  }
  if (reading === null) return null;
  const alerts = [...reading.alerts.values()];
  for (let i = 0; i < alerts.length; i += AT_ONCE) {
    await deps.breathe();
    await write(db, () => openMissed(deps, alerts.slice(i, i + AT_ONCE), now));
  }
  deps.events.swept(now);
  return reading;
}

function compare({ db }: Deps, reading: AlertReading | null, some: readonly number[], now: Instant): void {
  for (const id of some) {
    const episode = openEpisodeById(db, id);
    if (episode === undefined) continue;
    if (episode.source === 'alertmanager' && reading === null) continue;
    const { state } = stateOf(episode, reading, now);
    if (state === 'absent') noteSweep(db, now);
    if (state === 'absent' && episode.source === 'manual') endEpisode(db, episode, 'expired', now);
    else if (state === 'absent') {
      missedEpisode(db, episode.id, now);
      const since = episode.absentSince ?? now;
      if (now - since >= ABSENT_FOR) endEpisode(db, episode, 'absent', now);
    } else if (state !== 'unknown' && episode.absentSince !== null) sawEpisode(db, episode.id, now);
  }
}

/** Alerts that fire and match a playbook, yet were never delivered: a lost webhook must not lose them. */
function openMissed(deps: Deps, alerts: readonly CurrentAlert[], now: Instant): void {
  const { playbooks, limits } = deps.playbooks();
  const context = { playbooks, limits, targetId: (service: string) => deps.platform.targetId(service) };
  for (const alert of alerts) {
    if (isOwn(alert.labels) || isHeartbeat(alert.labels)) continue;
    const open = ongoingEpisodeOf(deps.db, alert.fingerprint);
    // Somebody sent the same alert by hand: from now on Alertmanager's silences hold for it (G13).
    if (open?.source === 'manual') adoptEpisode(deps.db, open.id, alert);
    if (alert.state !== 'active' || matching(context, alert) === undefined || open !== undefined) continue;
    // It ended while the reading was compared.
    if ((lastEndedAt(deps.db, alert.fingerprint) ?? 0) >= now) continue;
    try {
      // A savepoint: an alert that cannot be triaged must not keep the bot from all others.
      savepoint(deps.db, () => triageAlert(deps.db, context, alert, 'alertmanager', now));
      noteSweep(deps.db, now);
    } catch (error) {
      if (cannotWrite(error)) throw error;
      deps.events.failed('sweep', error);
    }
  }
}
