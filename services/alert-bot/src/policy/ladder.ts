import type { Decision } from '../domain/decision.ts';
import type { AttemptFact, Facts } from '../domain/facts.ts';
import type { Step } from '../domain/playbook.ts';
import type { ActReason } from '../domain/reason.ts';

/** The rung that is next for an incident, given the attempts it has made; null when none is left. */
export function nextRung(
  steps: readonly Step[],
  made: readonly Pick<AttemptFact, 'step'>[],
): { step: number; reason: Extract<ActReason, 'first_attempt' | 'retry' | 'next_step'> } | null {
  const last = made.at(-1);
  for (const [index, step] of steps.entries()) {
    if (step.kind === 'escalate') return null;
    if (made.filter((attempt) => attempt.step === index).length >= step.attempts) continue;
    if (last === undefined) return { step: index, reason: 'first_attempt' };
    return { step: index, reason: last.step === index ? 'retry' : 'next_step' };
  }
  return null;
}

/** The rung a trial uses: the last one before `escalate`. -1 where the ladder only escalates. */
export function trialRung(steps: readonly Step[]): number {
  const end = steps.findIndex((step) => step.kind === 'escalate');
  return (end < 0 ? steps.length : end) - 1;
}

/** The attempts of this incident since the last reset, oldest first. */
export const ownAttempts = (facts: Facts): AttemptFact[] =>
  facts.attempts.filter((attempt) => attempt.incident === facts.incident.id);

/** What an attempt would be now: the next rung of the incident, or the trial of a circuit that is open. */
export function nextAct(
  facts: Facts,
  steps: readonly Step[],
): Pick<Extract<Decision, { kind: 'act' }>, 'kind' | 'reason' | 'step'> {
  if (facts.circuit.open) return { kind: 'act', reason: 'trial', step: trialRung(steps) };
  const rung = nextRung(steps, ownAttempts(facts));
  // loopGuards blocks an exhausted ladder, so a rung is left where it is acted.
  return { kind: 'act', reason: rung?.reason ?? 'retry', step: rung?.step ?? 0 };
}
