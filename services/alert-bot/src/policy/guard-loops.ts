import { formatDuration, type Instant } from '../domain/duration.ts';
import type { Facts } from '../domain/facts.ts';
import type { Budget } from '../domain/playbook.ts';
import type { OptIn } from '../domain/target.ts';
import { type Blocked, block, escalate } from './block.ts';
import { nextRung, ownAttempts, trialRung } from './ladder.ts';
import { spentBudget } from './limits.ts';

/** Fast and slow loops (G4): quarantine, then budgets, then the ladder; a person's turn stays a person's. */
export function loopGuards(facts: Facts, optIn: OptIn, now: Instant): Blocked[] {
  const { playbook, circuit, incident } = facts;
  if (playbook === null) return [];
  const blocks: Blocked[] = [];
  const budgets: Budget[] = [...playbook.limits.budgets, ...(optIn.budget === null ? [] : [optIn.budget])];
  const spent = spentBudget(budgets, facts.attempts, now);
  const trialDue = circuit.open && circuit.until !== null && circuit.until <= now && spent === null;
  const handedOver =
    incident.escalated !== null && (facts.resetAt === null || facts.resetAt < incident.escalated.at);

  if (circuit.open && !trialDue) {
    const until =
      circuit.until === null ? 'until a person resets it' : `until ${new Date(circuit.until).toISOString()}`;
    blocks.push(block('quarantine', escalate('quarantined'), until));
  }
  if (spent !== null) {
    const { attempts, per } = spent.budget;
    blocks.push(
      block(
        'budget',
        escalate('budget_exhausted'),
        `${attempts} per ${formatDuration(per)} used up, free at ${new Date(spent.freeAt).toISOString()}`,
      ),
    );
  }
  const ladder = nextRung(playbook.steps, ownAttempts(facts));
  // A trial is one attempt beyond the ladder; a ladder without an acting rung has none to try.
  const trialPossible = trialDue && trialRung(playbook.steps) >= 0;
  if (ladder === null && !trialPossible)
    blocks.push(
      block('ladder', escalate('steps_exhausted'), `${ownAttempts(facts).length} attempts in this incident`),
    );
  const bySpentBudget =
    incident.escalated?.reason === 'quarantined' || incident.escalated?.reason === 'budget_exhausted';
  if (handedOver && incident.escalated !== null && !(trialPossible && bySpentBudget))
    blocks.unshift(
      block('handed_over', escalate(incident.escalated.reason), 'a person was told; a reset hands it back'),
    );
  return blocks;
}
