import { formatDuration, type Instant, type Millis } from '../domain/duration.ts';
import type { HealedFact } from '../domain/facts.ts';
import { type Blocked, block, escalate } from './block.ts';

/** A target that is healed so often in such a time is in a slow loop (G4): something behind it wants a person. */
export const RECURS = { times: 3, per: (24 * 3_600_000) as Millis } as const;

/**
 * Is a person to be told of a slow loop? Asked when an incident was closed as healed: no other guard holds then. Told once
 * in the window, however often it is healed after that.
 */
export function recurringGuards(healed: HealedFact | null, now: Instant): Blocked[] {
  if (healed === null) return [];
  const times = healed.at.filter((at) => at > now - RECURS.per).length;
  const told = healed.toldAt !== null && healed.toldAt > now - RECURS.per;
  if (times < RECURS.times || told) return [];
  return [
    block('recurring', escalate('recurring'), `healed ${times} times in ${formatDuration(RECURS.per)}`),
  ];
}
