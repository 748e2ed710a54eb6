import type { Decision, GuardAnswer } from '../domain/decision.ts';
import type { Instant } from '../domain/duration.ts';
import type { Facts } from '../domain/facts.ts';
import { stricter } from '../domain/playbook.ts';
import { type DeferReason, PERSONS_STOPS, type Reason } from '../domain/reason.ts';
import { allowances } from './allows.ts';
import { type Blocked, block, escalate, skip } from './block.ts';
import { dependencyGuards } from './dependencies.ts';
import { approvalGuards, approvedBy } from './guard-approval.ts';
import { changeGuards, restGuards } from './guard-change.ts';
import { fleetGuards } from './guard-fleet.ts';
import { holdGuards, ownStormGuard } from './guard-hold.ts';
import { loopGuards } from './guard-loops.ts';
import { paceGuards } from './guard-pace.ts';
import { personGuards } from './guard-person.ts';
import { recurringGuards } from './guard-recurring.ts';
import { replicaGuards } from './guard-replicas.ts';
import { alertGuards, skipGuards, unresolved } from './guard-target.ts';
import { nextAct, ownAttempts } from './ladder.ts';

/** Waits whose end is not the incident's: a person's stop, a storm that a person was told of, a request's expiry. */
const ENDS_OTHERWISE: readonly DeferReason[] = [...PERSONS_STOPS, 'storm', 'approval_required'];

/**
 * Decides what to do about an incident: pure, and the specification of the bot. The guards stand in order
 * of precedence: the first that blocks gives the reason, the others that hold are kept beside it. Every guard
 * that was asked answers: those that block first, then those that allow, with the numbers behind it.
 * Never throws; every input gives exactly one decision.
 */
export function decide(facts: Facts, now: Instant): Decision {
  const storms = ownStormGuard(facts);
  if (storms.length > 0) return finish(storms, [], facts, now);
  const recurs = recurringGuards(facts.healed, now);
  if (recurs.length > 0) return finish(recurs, [], facts, now);
  const { playbook } = facts;
  if (playbook === null)
    return finish([block('playbook', skip('no_playbook'), 'no playbook matches the labels')], [], facts, now);

  const { target } = facts;
  const skips = skipGuards(facts, playbook.name);
  if (skips.length > 0) return finish(skips, [], facts, now);
  const holds = [...personGuards(facts), ...holdGuards(facts)];
  if (target.found !== 'one' || 'invalid' in target.optIn) {
    const blocks = [...holds, unresolved(facts)];
    return observed(playbook.mode, blocks, allowances(facts, blocks, false, now), facts, now);
  }

  const { optIn } = target;
  const mode = stricter(playbook.mode, optIn.mode ?? playbook.mode);
  const blocks = [
    ...holds,
    ...alertGuards(facts),
    ...restGuards(facts, now),
    ...changeGuards(facts, playbook.limits.settle, now),
    ...dependencyGuards(facts, playbook.limits.settle, now),
    ...loopGuards(facts, optIn, now),
    ...paceGuards(facts, optIn, now),
    ...replicaGuards(facts.replicas),
    ...fleetGuards(facts, now),
  ];
  const allows = allowances(facts, blocks, true, now);
  if (blocks.length > 0) return observed(mode, blocks, allows, facts, now);

  const act = nextAct(facts, playbook.steps);
  if (mode === 'observe')
    return { ...skip('observe_only'), also: [act.reason], guards: [watching(act.reason), ...allows] };
  const asks = approvalGuards(mode, act.step, facts, now);
  if (asks.length > 0) return finish(asks, allows, facts, now);
  if (mode === 'act') return { ...act, also: [], guards: allows };
  const approval = { guard: 'approval', answer: 'allow', because: approvedBy(facts) } as const;
  return { ...act, reason: 'approved', also: [act.reason], guards: [...allows, approval] };
}

const watching = (reason: Reason): GuardAnswer => ({
  guard: 'mode',
  answer: 'block',
  because: `mode observe; otherwise: ${reason}`,
});

/**
 * In mode observe nothing is done and nobody is told; what would have been decided is kept beside it. What has only just
 * begun to settle is waited for, as this is the answer to every new trouble and says nothing of what would follow.
 */
function observed(
  mode: string,
  blocks: readonly Blocked[],
  allows: readonly GuardAnswer[],
  facts: Facts,
  now: Instant,
): Decision {
  const decision = finish(blocks, [], facts, now);
  const { playbook, incident } = facts;
  const settles = decision.reason === 'settle' && now < incident.openedAt + (playbook?.limits.settle ?? 0);
  if (mode !== 'observe' || settles) return { ...decision, guards: [...decision.guards, ...allows] };
  return {
    ...skip('observe_only'),
    also: [decision.reason, ...decision.also],
    guards: [...decision.guards, watching(decision.reason), ...allows],
  };
}

/**
 * When a wait that no person asked for ends: at the incident's deadline, but what an attempt, a person's
 * reset or the end of a quarantine begins is a wait of its own, however old the incident is.
 */
function deadlineOf(facts: Facts, now: Instant): Instant {
  const { playbook, incident, circuit, resetAt, approval } = facts;
  if (playbook === null) return incident.deadline;
  const trialSince = circuit.open && circuit.until !== null && circuit.until <= now ? circuit.until : null;
  // A person may answer late in the time that the question stands: what is waited for then begins there.
  const approved = approval?.state === 'approved' ? approval.expiresAt : null;
  const begun = [ownAttempts(facts).at(-1)?.endedAt ?? null, resetAt, trialSince, approved];
  return Math.max(
    incident.deadline,
    ...begun.filter((at) => at !== null).map((at) => at + playbook.limits.deferAtMost),
  );
}

/** The first block decides. A wait that no person asked for ends in time (`waited_too_long`). */
function finish(
  blocks: readonly Blocked[],
  allows: readonly GuardAnswer[],
  facts: Facts,
  now: Instant,
): Decision {
  const blocking: GuardAnswer[] = blocks.map((b) => ({
    guard: b.guard,
    answer: b.answer ?? 'block',
    because: b.because,
  }));
  const [first] = blocks.map((b) => b.verdict);
  if (first === undefined) throw new Error('finish() needs a block');
  const late =
    first.kind === 'defer' && !ENDS_OTHERWISE.includes(first.reason) && now >= deadlineOf(facts, now);
  const verdict = late ? escalate('waited_too_long') : first;
  const reasons = new Set<Reason>(blocks.map((b) => b.verdict.reason));
  reasons.delete(verdict.reason);
  return { ...verdict, also: [...reasons], guards: [...blocking, ...allows] };
}
