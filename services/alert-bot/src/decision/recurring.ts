import type { Deps } from '../deps.ts';
import { ORIGIN, ORIGIN_LABEL } from '../domain/alert.ts';
import type { Instant } from '../domain/duration.ts';
import type { HealedFact } from '../domain/facts.ts';
import { explain } from '../domain/reason.ts';
import { decide } from '../policy/decide.ts';
import { RECURS, recurringGuards } from '../policy/guard-recurring.ts';
import type { Db } from '../store/db.ts';
import { recordDecision } from '../store/decisions.ts';
import { addEscalation, lastToldOf } from '../store/escalations.ts';
import { addEvent } from '../store/events.ts';
import { healedSince, type Incident } from '../store/incidents.ts';
import { targetState } from '../store/targets.ts';
import { askOutside, type Outside, readFacts } from './facts.ts';

/** What the log has of the healings of a target, since its last reset. */
export function healedFact(db: Db, target: string, now: Instant): HealedFact {
  const reset = targetState(db, target).resetAt ?? 0;
  return {
    at: healedSince(db, target, now - RECURS.per, reset),
    toldAt: lastToldOf(db, target, 'recurring', reset),
  };
}

/**
 * Asks what the facts of the follow-up need, where the incident that is about to be healed will want one.
 * @returns null where nobody is to be told, which is nearly always
 */
export async function askIfRecurring(deps: Deps, { target, ...rest }: Incident): Promise<Outside | null> {
  if (target === null) return null;
  const now = deps.now();
  const { at, toldAt } = healedFact(deps.db, target, now);
  const next = recurringGuards({ at: [...at, now], toldAt }, now);
  return next.length === 0 ? null : askOutside(deps, { ...rest, target });
}

/**
 * Tells a person that a target is healed again and again (G4), once. To be called in the transaction that closed the incident
 * as healed: a crash loses neither. The page outlives the incident; a reset of the target or a day ends it.
 * @returns whether it was told
 */
export function tellRecurring(deps: Deps, closed: Incident, outside: Outside, now: Instant): boolean {
  const { db } = deps;
  const { target, service, playbook, title } = closed;
  if (target === null) return false;
  const facts = { ...readFacts(deps, closed, outside, now), healed: healedFact(db, target, now) };
  const decision = decide(facts, now);
  if (decision.reason !== 'recurring') return false;
  recordDecision(db, closed.id, decision, facts, now);
  addEvent(db, closed.id, now, 'escalation', `a person is told: ${explain('recurring')}`, {
    reason: 'recurring',
    healedAt: facts.healed.at,
  });
  const labels = {
    alertname: 'RemediationEscalated',
    [ORIGIN_LABEL]: ORIGIN,
    severity: 'warning',
    incident: String(closed.id),
    reason: 'recurring',
    alert: title,
    target,
    ...(service === null ? {} : { service }),
    ...(playbook === null ? {} : { playbook }),
  };
  const times = facts.healed.at.map((at) => new Date(at).toISOString()).join(', ');
  const annotations = {
    summary: `${target}: ${explain('recurring')}`,
    description:
      `Healed at ${times}. It works again, and will fail again: look for the cause. Look: alert-bot incidents ` +
      `show ${closed.id}, and alert-bot incidents --target ${target} for those before. This ends after a day, or ` +
      `with: alert-bot reset ${target}.`,
  };
  addEscalation(db, closed.id, 'recurring', { labels, annotations }, now);
  return true;
}
