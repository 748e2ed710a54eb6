import { applyDecision, tellDecision } from '../decision/conclude.ts';
import { askOutside, type Outside, readFacts } from '../decision/facts.ts';
import { noteDepth } from '../decision/fleet.ts';
import type { Deps } from '../deps.ts';
import type { Decision } from '../domain/decision.ts';
import type { Instant } from '../domain/duration.ts';
import type { Facts } from '../domain/facts.ts';
import type { Target } from '../domain/target.ts';
import { decide } from '../policy/decide.ts';
import { quarantineFor, spentBudget } from '../policy/limits.ts';
import { type Attempt, reserveAttempt } from '../store/attempts.ts';
import { write } from '../store/db.ts';
import { addEvent } from '../store/events.ts';
import { changeStatus, type Incident, incidentById } from '../store/incidents.ts';
import { setCircuit, targetState } from '../store/targets.ts';
import { makeCalls } from './act.ts';
import { captureEvidence, keepEvidence } from './evidence.ts';
import { decideAnew } from './prove.ts';

/**
 * Carries out one attempt of a queued incident: reserve (limits again) → evidence → re-read the stops →
 * intent → call → proof. Each arrow is a commit, so that a crash between any two is resumed (recover.ts).
 */
export async function runAttempt(deps: Deps, id: number): Promise<void> {
  const reserved = await reserve(deps, id);
  if (reserved === null) return;
  const { incident, attempt, target, facts } = reserved;

  const evidence = await captureEvidence(deps, incident, 'before', target.instances);
  await write(deps.db, () => keepEvidence(deps, attempt, evidence));

  // A person's stop that came while evidence was captured still counts (G13).
  const again = await askOutside(deps, incident);
  const stop = mayStill(deps, incident, facts, again);
  if (stop.kind !== 'act' || again.found === null)
    return decideAnew(deps, incident, `not called: ${stop.reason}`, { attempt, outcome: 'not_called' });
  await makeCalls(deps, incident, attempt, again.found);
}

interface Reserved {
  incident: Incident;
  attempt: Attempt;
  target: Target;
  /** As they were decided upon: without the attempt that they led to. */
  facts: Facts;
}

/** Decides once more on fresh facts inside the transaction that reserves the attempt (G2, G4). */
async function reserve(deps: Deps, id: number): Promise<Reserved | null> {
  const { db } = deps;
  const queued = incidentById(db, id);
  if (queued === undefined) return null;
  const outside = await askOutside(deps, queued);
  const now = deps.now();
  const done = await write(db, () => {
    const incident = incidentById(db, id);
    if (incident?.status !== 'queued') return null;
    noteDepth(db, incident, outside.listed);
    const facts = readFacts(deps, incident, outside, now);
    const decision = decide(facts, now);
    if (decision.kind !== 'act' || outside.found === null)
      return { decision, incident, isNew: applyDecision(db, incident, decision, facts, now), attempt: null };
    const attempt = reserveFor(deps, incident, outside.found, facts, decision, now);
    return { decision, incident, isNew: false, attempt, facts, target: outside.found };
  });
  if (done === null) return null;
  if (done.isNew) tellDecision(deps.events, done.incident, done.decision, now);
  if (done.attempt === null) {
    deps.wake();
    return null;
  }
  const { attempt, facts, target } = done;
  return { incident: { ...done.incident, status: 'acting' }, attempt, facts, target };
}

function reserveFor(
  deps: Deps,
  incident: Incident,
  target: Target,
  facts: Facts,
  decision: Extract<Decision, { kind: 'act' }>,
  now: Instant,
): Attempt {
  const { db, boot } = deps;
  const step = facts.playbook?.steps[decision.step];
  if (step?.kind !== 'restart') throw new Error(`step ${decision.step} of ${incident.playbook} does not act`);
  const circuit = targetState(db, target.id);
  const attempt = reserveAttempt(
    db,
    {
      incident: incident.id,
      target: target.id,
      step: decision.step,
      reason: decision.reason,
      boot,
      grace: step.timeout,
      circuitBefore: { open: circuit.open, until: circuit.until, times: circuit.times },
    },
    now,
  );
  openCircuitIfSpent(deps, facts, decision, now, target);
  changeStatus(db, incident, 'acting', { reason: decision.reason }, now);
  addEvent(
    db,
    incident.id,
    now,
    'attempt',
    `attempt ${attempt.number} of step ${decision.step + 1} reserved`,
    {
      attempt: attempt.id,
      reason: decision.reason,
    },
  );
  return attempt;
}

/** The circuit opens the moment a budget is spent, and again for a trial, until that trial is proven. */
function openCircuitIfSpent(
  deps: Deps,
  facts: Facts,
  decision: Extract<Decision, { kind: 'act' }>,
  now: Instant,
  target: Target,
): void {
  const { playbook } = facts;
  if (playbook === null) return;
  const own = { incident: facts.incident.id, step: decision.step, reservedAt: now, endedAt: null };
  const label =
    facts.target.found === 'one' && 'budget' in facts.target.optIn ? facts.target.optIn.budget : null;
  const budgets = label === null ? playbook.limits.budgets : [...playbook.limits.budgets, label];
  if (!facts.circuit.open && spentBudget(budgets, [...facts.attempts, own], now) === null) return;
  const times = targetState(deps.db, target.id).times + 1;
  const length = quarantineFor(playbook.limits.quarantine, times);
  setCircuit(deps.db, target.id, { open: true, until: length === null ? null : now + length, times });
}

/**
 * Whether the attempt may still be called: the limits as they were when it was reserved (it must not count
 * against itself), everything a person or the outside may have changed as it is now.
 */
function mayStill(deps: Deps, incident: Incident, reserved: Facts, outside: Outside): Decision {
  const now = deps.now();
  const fresh = readFacts(deps, incident, outside, now);
  const { attempts, circuit, lastIncidentEndedAt, fleet } = reserved;
  return decide({ ...fresh, attempts, circuit, lastIncidentEndedAt, fleet }, now);
}
