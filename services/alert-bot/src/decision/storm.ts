import type { Instant } from '../domain/duration.ts';
import type { StormFact } from '../domain/facts.ts';
import type { FleetLimits } from '../domain/playbook.ts';
import type { Db } from '../store/db.ts';
import type { Incident } from '../store/incidents.ts';

/** The storm that is not over, as it concerns an incident (G6). Reads the log as it is now. */
export function stormFact(
  _db: Db,
  _incident: Incident,
  _limits: FleetLimits,
  _now: Instant,
): StormFact | null {
  return null;
}
