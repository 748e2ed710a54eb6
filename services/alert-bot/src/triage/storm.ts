import type { Instant } from '../domain/duration.ts';
import type { FleetLimits, Playbook } from '../domain/playbook.ts';
import { heldUntil, phaseOf, releaseAt } from '../policy/storm.ts';
import type { Db } from '../store/db.ts';
import { addEvent } from '../store/events.ts';
import { openIncident } from '../store/incidents.ts';
import {
  beginStorm,
  holdStorm,
  joinStorm,
  joinWindow,
  openStorm,
  type Storm,
  troublesIn,
  type Window,
} from '../store/storms.ts';

/** The title of a storm's own incident, until the storm is over. */
export const stormTitle = (incidents: number): string => `Storm of ${incidents} incidents`;

/**
 * Counts a new incident (G6): too many within the window begin a storm, and each one that comes in a storm is
 * held with it. To be called in the transaction that opened the incident, once its alert belongs to it; it
 * counts in the log, so that a crash forgets none. Repeats, the heartbeat and our own alerts open none.
 */
export function noteIncident(
  db: Db,
  { playbooks, limits }: { playbooks: readonly Playbook[]; limits: FleetLimits },
  incident: number,
  playbook: Playbook | undefined,
  now: Instant,
): void {
  // Nothing is ever done about it, so that it is nothing to hold.
  if (playbook === undefined || playbook.mode === 'observe') return;
  const may = playbooks.filter(({ mode }) => mode !== 'observe').map(({ name }) => name);
  const storm = openStorm(db);
  if (storm === undefined) mayBegin(db, limits, may, now);
  else joins(db, limits, may, storm, incident, now);
}

function mayBegin(db: Db, { storm: limit }: FleetLimits, playbooks: string[], now: Instant): void {
  const window: Window = { since: now - limit.per, playbooks, storm: null };
  const troubles = troublesIn(db, window);
  if (troubles < limit.incidents) return;
  // Nobody is told before it holds something: those that it would hold may all be paused, or not be ours.
  const own = openIncident(
    db,
    {
      target: null,
      service: null,
      title: stormTitle(troubles),
      severity: 'critical',
      playbook: null,
      steps: [],
      deadline: now,
    },
    now,
  );
  joinWindow(db, beginStorm(db, own, now), window);
  addEvent(
    db,
    own,
    now,
    'alert',
    `a storm begins: ${troubles} new incidents, ${limit.incidents} are one`,
    {},
  );
}

function joins(
  db: Db,
  { storm: limit }: FleetLimits,
  playbooks: string[],
  storm: Storm,
  incident: number,
  now: Instant,
): void {
  const isNew = joinStorm(db, storm.id, incident);
  if (phaseOf(storm, limit.calm, now) === 'held') {
    // One flapping alert must not hold all others for ever.
    if (isNew) holdStorm(db, storm.id, now);
    return;
  }
  // It was held for as long as may be: from now on it only goes on one at a time.
  if (now >= heldUntil(storm, limit.calm)) return;
  const since = Math.max(now - limit.per, releaseAt(storm, limit.calm));
  if (troublesIn(db, { since, playbooks, storm: storm.id }) < limit.incidents) return;
  holdStorm(db, storm.id, now);
  addEvent(db, storm.incident, now, 'alert', 'so many new incidents again: held again', {});
}
