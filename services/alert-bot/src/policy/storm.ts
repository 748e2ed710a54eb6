import type { Decision } from '../domain/decision.ts';
import type { Instant, Millis } from '../domain/duration.ts';
import type { StormFact } from '../domain/facts.ts';
import type { Reason } from '../domain/reason.ts';

/** When a storm is released: when no new trouble came for `calm`, or sooner, when a person said so. */
export const releaseAt = (
  storm: { lastIncidentAt: Instant; releasedAt: Instant | null },
  calm: Millis,
): Instant => storm.releasedAt ?? storm.lastIncidentAt + calm;

/** Computed from the log and now, so that no crash and no lost wake can keep a storm held. */
export const phaseOf = (
  storm: { lastIncidentAt: Instant; releasedAt: Instant | null },
  calm: Millis,
  now: Instant,
): StormFact['phase'] => (now < releaseAt(storm, calm) ? 'held' : 'released');

/** Waits that are not the incident's own: for the storm, and for what bounds the bot as a whole. */
const NOT_ITS_OWN: readonly Reason[] = ['storm', 'blast_radius', 'action_in_progress'];

/**
 * Whether an incident stands in the line of a released storm: it would be acted on but for the others. One that
 * waits for a cooldown, a dependency or a person steps aside, so that it does not hold up the rest.
 */
export function standsInLine(decision: Decision): boolean {
  if (decision.kind === 'act') return true;
  if (decision.kind !== 'defer') return false;
  return [decision.reason, ...decision.also].every((reason) => NOT_ITS_OWN.includes(reason));
}

/**
 * How often a released storm looks whether an incident stands in the line or aside: the more there are, the more
 * seldom. Whose turn it is is looked at at once.
 */
export const lookAtHeldAfter = (incidents: number): Millis => Math.min(60_000, 5_000 + incidents * 1_000);
