import type { Choice, Decision, GuardAnswer } from '../domain/decision.ts';
import { formatDuration, type Instant } from '../domain/duration.ts';
import type { Facts } from '../domain/facts.ts';
import { type Budget, stricter } from '../domain/playbook.ts';
import { PERSONS_STOPS, type Reason } from '../domain/reason.ts';
import type { OptIn } from '../domain/target.ts';
import { dependenciesAllow } from './dependencies.ts';
import { nextRung, trialRung } from './ladder.ts';
import { backoffAfter, spentBudget } from './limits.ts';

/** An attempt that could not be called spends no budget; without a pause that would be a loop of its own. */
const PAUSE_AFTER_NOT_CALLED = 5_000;

/** How long what somebody stopped may be the gap of a deploy or of a restart by hand. */
const GAP_OF_A_DEPLOY = 30_000;

type Blocked = { guard: string; verdict: Choice; because: string; answer?: 'unknown' };

/**
 * Decides what to do about an incident: pure, and the specification of the bot. The guards stand in order
 * of precedence: the first that blocks gives the reason, the others that hold are kept beside it.
 * Never throws; every input gives exactly one decision.
 */
export function decide(facts: Facts, now: Instant): Decision {
  const { playbook } = facts;
  if (playbook === null)
    return finish([block('playbook', skip('no_playbook'), 'no playbook matches the labels')], facts, now);

  const { target } = facts;
  const skips = skipGuards(facts, playbook.name);
  if (skips.length > 0) return finish(skips, facts, now);
  if (target.found !== 'one' || 'invalid' in target.optIn)
    return observed(playbook.mode, [...personGuards(facts), unresolved(facts)], facts, now);

  const { optIn } = target;
  const mode = stricter(playbook.mode, optIn.mode ?? playbook.mode);
  const blocks = [
    ...personGuards(facts),
    ...alertGuards(facts),
    ...restGuards(target.atRest, now),
    ...dependencyGuards(facts, now),
    ...loopGuards(facts, optIn, now),
    ...paceGuards(facts, optIn, now),
  ];
  if (blocks.length > 0) return observed(mode, blocks, facts, now);

  const rung = nextRung(playbook.steps, ownAttempts(facts));
  const act: Choice = facts.circuit.open
    ? { kind: 'act', reason: 'trial', step: trialRung(playbook.steps) }
    : // loopGuards blocks an exhausted ladder, so a rung is left here.
      { kind: 'act', reason: rung?.reason ?? 'retry', step: rung?.step ?? 0 };
  const allow = { guard: 'all', answer: 'allow', because: 'nothing speaks against acting' } as const;
  if (mode === 'observe')
    return { ...skip('observe_only'), also: [act.reason], guards: [allow, watching(act.reason)] };
  return { ...act, also: [], guards: [allow] };
}

/** The attempts of this incident since the last reset, oldest first. */
const ownAttempts = (facts: Facts) =>
  facts.attempts.filter((attempt) => attempt.incident === facts.incident.id);

const skip = (reason: Extract<Choice, { kind: 'skip' }>['reason']) => ({ kind: 'skip', reason }) as const;
const escalate = (reason: Extract<Choice, { kind: 'escalate' }>['reason']) =>
  ({ kind: 'escalate', reason }) as const;
const defer = (reason: Extract<Choice, { kind: 'defer' }>['reason'], until: Instant | null) =>
  ({ kind: 'defer', reason, until }) as const;
const block = (guard: string, verdict: Choice, because: string): Blocked => ({ guard, verdict, because });
const unknown = (guard: string, because: string): Blocked => ({
  guard,
  verdict: defer('guard_unavailable', null),
  because,
  answer: 'unknown',
});

/** Zero matches, or more than one service, means no action, never "all" (G5). */
function unresolved(facts: Facts): Blocked {
  const { target } = facts;
  switch (target.found) {
    case 'unknown':
      return unknown('target', target.why);
    case 'many':
      return block(
        'target',
        escalate('ambiguous_target'),
        `${target.ids.length} services: ${target.ids.join(', ')}`,
      );
    case 'none':
      return ownAttempts(facts).length > 0
        ? block('target', escalate('target_gone'), `${target.asked} is gone since the last attempt`)
        : block('target', escalate('no_target'), target.asked);
    case 'one':
      return unknown('opt_in', 'invalid' in target.optIn ? target.optIn.invalid : target.id);
  }
}

/** May the target be touched at all (G11)? Protected holds whatever its labels say, readable or not. */
function skipGuards(facts: Facts, playbook: string): Blocked[] {
  const { target } = facts;
  if (target.found !== 'one') return [];
  const { optIn, protectedBecause } = target;
  const blocks: Blocked[] = [];
  if (protectedBecause !== null) blocks.push(block('protected', skip('protected'), protectedBecause));
  if ('invalid' in optIn) return blocks;
  if (!optIn.enabled)
    blocks.push(block('opt_in', skip('not_opted_in'), 'the label alert-bot.enable="true" is not set'));
  else if (optIn.playbooks !== null && !optIn.playbooks.includes(playbook))
    blocks.push(
      block('opt_in', skip('not_opted_in'), `alert-bot.playbooks allows ${optIn.playbooks.join(', ')}`),
    );
  return blocks;
}

/**
 * Did a person say hands off (G13)? This goes before what cannot be asked: whoever pauses the bot and takes
 * Alertmanager or the platform down is not to be paged for it.
 */
function personGuards(facts: Facts): Blocked[] {
  const { alert, paused } = facts;
  const blocks: Blocked[] = [];
  if (alert.state === 'silenced' || alert.state === 'inhibited')
    blocks.push(block('alertmanager', defer(alert.state, null), alert.detail));
  if (paused !== null)
    blocks.push(block('pause', defer('paused', paused.until), `${paused.by}: ${paused.why}`));
  return blocks;
}

/** Is the trouble there? One absent reading stops an action. */
function alertGuards(facts: Facts): Blocked[] {
  const { state, detail } = facts.alert;
  return state === 'absent' || state === 'unknown' ? [unknown('alertmanager', detail)] : [];
}

/**
 * Did somebody stop it? That is a person's or a deploy's doing and never ours to undo, whatever fires: it is waited
 * for, and then a person is told that it is down.
 */
function restGuards(atRest: Extract<Facts['target'], { found: 'one' }>['atRest'], now: Instant): Blocked[] {
  if (atRest === null) return [];
  const until = atRest.since === null ? null : atRest.since + GAP_OF_A_DEPLOY;
  const verdict = until === null || now < until ? defer('deploying', until) : escalate('target_down');
  return [block('at_rest', verdict, atRest.why)];
}

/** Root cause first (G7): before the loops, so that nobody is paged about a service for its database's sake. */
function dependencyGuards(facts: Facts, now: Instant): Blocked[] {
  const answer = dependenciesAllow(facts.dependencies, facts.incident.openedAt, now);
  switch (answer.answer) {
    case 'allow':
      return [];
    case 'unknown':
      return [unknown('dependencies', answer.because)];
    case 'unwell':
      return [block('dependencies', defer('dependency_unhealthy', null), answer.because)];
    case 'settle':
      return [block('dependencies', defer('settle', answer.until), answer.because)];
  }
}

/** Fast and slow loops (G4): quarantine, then budgets, then the ladder; a person's turn stays a person's. */
function loopGuards(facts: Facts, optIn: OptIn, now: Instant): Blocked[] {
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

/** How fast: one open attempt per target, cooldown between incidents, backoff between attempts. */
function paceGuards(facts: Facts, optIn: OptIn, now: Instant): Blocked[] {
  const { playbook, attempts } = facts;
  if (playbook === null) return [];
  const blocks: Blocked[] = [];
  const open = attempts.find((attempt) => attempt.endedAt === null);
  if (open !== undefined)
    blocks.push(
      block('in_progress', defer('action_in_progress', null), `attempt of incident ${open.incident}`),
    );

  const own = ownAttempts(facts);
  const cooldown = Math.max(playbook.limits.cooldown, optIn.cooldown ?? 0);
  if (own.length === 0 && facts.lastIncidentEndedAt !== null && facts.lastIncidentEndedAt + cooldown > now)
    blocks.push(
      block(
        'cooldown',
        defer('cooldown', facts.lastIncidentEndedAt + cooldown),
        `${formatDuration(cooldown)} after the last incident`,
      ),
    );

  const lastEnd = own.at(-1)?.endedAt;
  const pause = backoffAfter(playbook.limits.backoff, Math.max(1, own.length));
  if (typeof lastEnd === 'number' && lastEnd + pause > now)
    blocks.push(
      block('backoff', defer('backoff', lastEnd + pause), `${formatDuration(pause)} after the last attempt`),
    );

  if (facts.notCalledAt !== null && facts.notCalledAt + PAUSE_AFTER_NOT_CALLED > now)
    blocks.push(
      block(
        'not_called',
        defer('backoff', facts.notCalledAt + PAUSE_AFTER_NOT_CALLED),
        'the last attempt could not be called',
      ),
    );

  if (facts.actingElsewhere >= facts.concurrent)
    blocks.push(
      block(
        'concurrent',
        defer('blast_radius', null),
        `${facts.actingElsewhere} of ${facts.concurrent} actions at once`,
      ),
    );
  return blocks;
}

const watching = (reason: Reason): GuardAnswer => ({
  guard: 'mode',
  answer: 'block',
  because: `mode observe; otherwise: ${reason}`,
});

/** In mode observe nothing is done and nobody is told; what would have been decided is kept beside it. */
function observed(mode: string, blocks: readonly Blocked[], facts: Facts, now: Instant): Decision {
  const decision = finish(blocks, facts, now);
  if (mode !== 'observe') return decision;
  return {
    ...skip('observe_only'),
    also: [decision.reason, ...decision.also],
    guards: [...decision.guards, watching(decision.reason)],
  };
}

/**
 * When a wait that no person asked for ends: at the incident's deadline, but what an attempt, a person's
 * reset or the end of a quarantine begins is a wait of its own, however old the incident is.
 */
function deadlineOf(facts: Facts, now: Instant): Instant {
  const { playbook, incident, circuit, resetAt } = facts;
  if (playbook === null) return incident.deadline;
  const trialSince = circuit.open && circuit.until !== null && circuit.until <= now ? circuit.until : null;
  const begun = [ownAttempts(facts).at(-1)?.endedAt ?? null, resetAt, trialSince];
  return Math.max(
    incident.deadline,
    ...begun.filter((at) => at !== null).map((at) => at + playbook.limits.deferAtMost),
  );
}

/** The first block decides. A wait that no person asked for ends in time (`waited_too_long`). */
function finish(blocks: readonly Blocked[], facts: Facts, now: Instant): Decision {
  const guards: GuardAnswer[] = blocks.map((b) => ({
    guard: b.guard,
    answer: b.answer ?? 'block',
    because: b.because,
  }));
  const [first] = blocks.map((b) => b.verdict);
  if (first === undefined) throw new Error('finish() needs a block');
  const late =
    first.kind === 'defer' && !PERSONS_STOPS.includes(first.reason) && now >= deadlineOf(facts, now);
  const verdict = late ? escalate('waited_too_long') : first;
  const reasons = new Set<Reason>(blocks.map((b) => b.verdict.reason));
  reasons.delete(verdict.reason);
  return { ...verdict, also: [...reasons], guards };
}
