import type { Deps } from '../deps.ts';
import type { Instant } from '../domain/duration.ts';
import { decide } from '../policy/decide.ts';
import { recordDecision } from '../store/decisions.ts';
import type { Incident } from '../store/incidents.ts';
import { countMembers } from '../store/storm-line.ts';
import type { Storm } from '../store/storms.ts';
import { type Outside, readFacts } from './facts.ts';

/** A storm's own incident has no target to ask about, and no alert. */
const NOTHING_OUTSIDE: Outside = {
  target: { found: 'none', asked: 'a storm has no target' },
  found: null,
  alert: { state: 'absent', detail: 'a storm has no alert' },
  dependencies: [],
  letsGoAfter: 0,
  listed: { targets: [] },
};

/** Writes why a person is told of a storm (G10). To be called in the transaction that tells them. */
export function recordStorm(deps: Deps, storm: Storm, own: Incident, now: Instant): void {
  const ownStorm = { incidents: countMembers(deps.db, storm.id) };
  const facts = { ...readFacts(deps, own, NOTHING_OUTSIDE, now), ownStorm };
  recordDecision(deps.db, own.id, decide(facts, now), facts, now);
}
