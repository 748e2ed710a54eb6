import type { Decision } from '../domain/decision.ts';
import type { Instant, Millis } from '../domain/duration.ts';
import type { StormFact } from '../domain/facts.ts';
import type { FleetLimits } from '../domain/playbook.ts';
import type { Reason } from '../domain/reason.ts';
import { half } from './guard-fleet.ts';

/** So many times `calm` a storm is held at most: an endless stream of new troubles must not hold all others for ever. */
const CALM_AT_MOST = 10;

/** What is known of a storm's hold; `heldSince` is when it began. */
export interface Held {
  heldSince: Instant;
  lastIncidentAt: Instant;
  releasedAt: Instant | null;
}

/** From then on it is held no more, whatever comes; people were told long before. */
export const heldUntil = ({ heldSince }: Pick<Held, 'heldSince'>, calm: Millis): Instant =>
  heldSince + CALM_AT_MOST * calm;

/** When a storm is released: when no new trouble came for `calm`, or sooner, when a person said so. */
export const releaseAt = (storm: Held, calm: Millis): Instant =>
  storm.releasedAt ?? Math.min(storm.lastIncidentAt + calm, heldUntil(storm, calm));

/** Computed from the log and now, so that no crash and no lost wake can keep a storm held. */
export const phaseOf = (storm: Held, calm: Millis, now: Instant): StormFact['phase'] =>
  now < releaseAt(storm, calm) ? 'held' : 'released';

/** How fast a released storm may be acted on, besides one at a time: half of `limits.targets`. */
export const paceOf = ({ targets }: FleetLimits): { targets: number; per: Millis } => ({
  targets: half(targets.count),
  per: targets.per,
});

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
