import type { Decision } from '../domain/decision.ts';
import type { Instant } from '../domain/duration.ts';
import type { StormFact } from '../domain/facts.ts';
import type { FleetLimits } from '../domain/playbook.ts';
import type { EscalateReason } from '../domain/reason.ts';
import { phaseOf, releaseAt, standsInLine } from '../policy/storm.ts';
import type { Db } from '../store/db.ts';
import { type Incident, incidentById } from '../store/incidents.ts';
import { countMembers, goBefore, holdIn, standInLine } from '../store/storm-line.ts';
import { openStorm, stormById } from '../store/storms.ts';

/** Of a long line the first are named. */
const NAMED = 50;

/** The storm that is not over, as it concerns an incident (G6). Reads the log as it is now. */
export function stormFact(
  db: Db,
  incident: Pick<Incident, 'id' | 'status'>,
  { storm: { calm } }: FleetLimits,
  now: Instant,
): StormFact | null {
  const storm = openStorm(db);
  if (storm === undefined || storm.incident === incident.id) return null;
  const phase = phaseOf(storm, calm, now);
  return {
    phase,
    began: storm.beganAt,
    incidents: countMembers(db, storm.id),
    calmAt: releaseAt(storm, calm),
    before: phase === 'held' ? [] : goBefore(db, storm.id, incident, NAMED).map(String),
  };
}

/** Writes what a decision means for the line of a storm. To be called in the transaction that records it. */
export function noteStorm(db: Db, incident: number, decision: Decision): void {
  standInLine(db, incident, standsInLine(decision));
  if (decision.reason !== 'storm') return;
  const storm = openStorm(db);
  if (storm !== undefined) holdIn(db, storm.id, incident);
}

/**
 * A thousand alerts about services that nobody knows are one page: what a storm held and has no target gets none of
 * its own while the storm's page is there.
 * @returns the storm's own incident, or null where a page is due
 */
export function toldByStorm(db: Db, incident: Incident, reason: EscalateReason): number | null {
  if (incident.storm === null || (reason !== 'no_target' && reason !== 'ambiguous_target')) return null;
  const own = incidentById(db, stormById(db, incident.storm)?.incident ?? 0);
  // Where it is not told of yet, this is what its page will tell of (engine/storms.ts).
  return own === undefined || own.status === 'closed' ? null : own.id;
}
