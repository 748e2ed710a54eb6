import { applyDecision, closeIncident, escalate, tellDecision } from '../decision/conclude.ts';
import { askOutside, readFacts } from '../decision/facts.ts';
import { askIfRecurring, tellRecurring } from '../decision/recurring.ts';
import { rulesOf } from '../decision/rules.ts';
import type { Deps } from '../deps.ts';
import type { Instant } from '../domain/duration.ts';
import type { Instance } from '../domain/target.ts';
import { decide } from '../policy/decide.ts';
import { advance, proofTakesUpTo, untilUnambiguous, type Verdict } from '../policy/proof.ts';
import { type Attempt, type AttemptOutcome, endAttempt, openAttemptOf } from '../store/attempts.ts';
import { write } from '../store/db.ts';
import { type Episode, episodesOf } from '../store/episodes.ts';
import { addEvent } from '../store/events.ts';
import { changeStatus, type Incident, incidentById, type ProofRow, saveProof } from '../store/incidents.ts';
import { setCircuit, targetState } from '../store/targets.ts';
import { endEpisode } from '../triage/triage.ts';
import type { Concluded } from './evidence-after.ts';
import { instancesOf, lookAt, playbookOf, together } from './proof-reading.ts';

/** How often target and signals are looked at while a proof is sought. */
const LOOK_EVERY = 1_000;

/**
 * Begins to seek proof for an incident: after an action, or (`acted` empty) because the alert went away by
 * itself. The state of the proof is in the log, so that a restart of the bot goes on with it.
 * @param acted the instances that were acted on, as they were right after it
 */
export async function beginProof(
  deps: Deps,
  incident: Incident,
  acted: readonly Instance[],
  because: string,
): Promise<void> {
  const { db } = deps;
  const [rules, seen] = await Promise.all([rulesOf(deps, incident), instancesOf(deps, incident)]);
  // Before `now`: with a clock that was never set back it is not later.
  const newFrom = deps.newFrom();
  const now = deps.now();
  // Samples of before the clock was set back carry times that are still to come: they are of the process before this one.
  const ambiguous = untilUnambiguous(newFrom, now - deps.behind());
  const playbook = playbookOf(deps, incident);
  const within = proofTakesUpTo(playbook?.prove.within ?? 0, rules?.map((one) => one.rule) ?? null);
  // As it was right after the action: a restart between that and now is one more restart.
  const others = (seen ?? []).filter((one) => acted.every((instance) => instance.id !== one.id));
  const instances = [...acted, ...others];
  const base = together(instances);
  const proof = {
    since: acted.length === 0 || ambiguous > 0 ? newFrom : (base.startedAt ?? newFrom),
    startedAt: base.startedAt,
    restartCount: base.restartCount,
    ids: instances.map((instance) => instance.id),
    deadline: now + within + ambiguous,
    stable: playbook?.prove.stable ?? 0,
    above: playbook?.prove.query?.above ?? null,
    clean: {},
    goodSince: null,
  };
  await write(db, () => {
    const current = incidentById(db, incident.id);
    if (current === undefined || current.status === 'closed') return;
    changeStatus(db, current, 'proving', { proof, reason: null }, now);
    const until = new Date(proof.deadline).toISOString();
    addEvent(db, incident.id, now, 'proof', `${because}: seeking proof until ${until}`, {
      deadline: proof.deadline,
      stable: proof.stable,
    });
  });
  deps.wake();
}

/**
 * Looks again and again until a proof is good or bad, or its deadline is over; then concludes.
 * @returns the attempt whose proof is over; null where it was none's
 */
export async function seekProof(deps: Deps, id: number): Promise<Concluded | null> {
  for (;;) {
    const incident = incidentById(deps.db, id);
    if (incident?.status !== 'proving' || incident.proof === null) return null;
    const attempt = openAttemptOf(deps.db, id) ?? null;
    const firing = firingOf(deps, id);
    if (attempt === null && firing.length > 0) {
      await firesAgain(deps, incident);
      return null;
    }

    const instances = await instancesOf(deps, incident);
    if (instances !== null && replaced(incident.proof, instances)) {
      await beginProof(deps, incident, instances, 'somebody replaced the target');
      continue;
    }
    const look = await lookAt(deps, incident, incident.proof, instances);
    // What waits is moved when the clock leaps (carryWaits), and that may have been in the middle of the look.
    const kept = incidentById(deps.db, id)?.proof ?? null;
    if (kept === null) continue;
    const { proof, verdict } = advance(kept, look);
    const concluded = attempt === null ? null : { incident, attempt, seen: instances };
    if (verdict.verdict === 'good' && (await proven(deps, incident, attempt, verdict.weak, firing)))
      return concluded;
    // Gone by itself, what is bad is no verdict before the deadline: the alert that says so, such as ServiceDown
    // after its `for`, is still to come and can be acted on. A person's turn would keep the bot from it.
    if (verdict.verdict === 'bad' && (attempt !== null || look.at >= proof.deadline)) {
      await refuted(deps, incident, attempt, verdict.why);
      return concluded;
    }
    if (verdict.verdict === 'undecided' && look.at >= proof.deadline) {
      await unproven(deps, incident, attempt, verdict);
      return concluded;
    }
    await keep(deps, id, { ...kept, ...proof, clean: { ...proof.clean } });
    await deps.sleep(LOOK_EVERY);
  }
}

/**
 * A deploy replaced the instances: that supersedes our action, and the new ones have to be proven. It is not
 * the bad sign that a restart of the same instance is. A target that is gone is (no instance left).
 */
const replaced = (proof: ProofRow, instances: readonly Instance[]): boolean =>
  instances.length > 0 && instances.some((instance) => !proof.ids.includes(instance.id));

const keep = (deps: Deps, id: number, proof: ProofRow): Promise<void> =>
  write(deps.db, () => saveProof(deps.db, id, proof));

/** The open episodes of an incident. */
const firingOf = (deps: Deps, id: number): Episode[] =>
  episodesOf(deps.db, id).filter((episode) => episode.closedAt === null);

/** While recovery was being proven the alert fired again: back to deciding, nothing was done yet. */
const firesAgain = (deps: Deps, incident: Incident): Promise<void> =>
  decideAnew(deps, incident, 'the alert fires again', null);

/** @returns false where an alert came while it was looked: the proof says nothing of that one */
async function proven(
  deps: Deps,
  incident: Incident,
  attempt: Attempt | null,
  weak: 'no_traffic' | null,
  looked: readonly Episode[],
): Promise<boolean> {
  const { db } = deps;
  const outcome = attempt === null ? 'recovered' : 'healed';
  const outside = attempt === null ? null : await askIfRecurring(deps, incident);
  const now = deps.now();
  const closed = await write(db, () => {
    const firing = firingOf(deps, incident.id);
    if (firing.some(({ id }) => looked.every((episode) => episode.id !== id))) return false;
    const proof = weak === null ? 'proven' : 'proven weakly: no request since the start';
    addEvent(db, incident.id, now, 'proof', proof, { weak });
    if (attempt !== null) endAttempt(db, attempt.id, 'helped', `${proof} after the restart`, now);
    // Two evaluations of its rule without the alert say that it is over, before `resolved` arrives.
    for (const episode of firing) endEpisode(db, episode, 'proven', now);
    // The trial closes the circuit (an approved one says `approved`); an attempt that spent the budget leaves it open.
    if (attempt?.circuit_before.open && incident.target !== null)
      setCircuit(db, incident.target, { open: false, until: null, times: 0 });
    closeIncident(db, incident, outcome, { weakProof: weak }, now);
    const after = incidentById(db, incident.id);
    const told = outside !== null && after !== undefined && tellRecurring(deps, after, outside, now);
    return { told };
  });
  if (closed === false) return false;
  if (attempt !== null) deps.events.attemptEnded(incident, 'helped', 'proven');
  deps.events.closed(incident, outcome, now);
  if (closed.told) deps.events.escalated(incident, 'recurring');
  deps.wake();
  return true;
}

async function refuted(deps: Deps, incident: Incident, attempt: Attempt | null, why: string): Promise<void> {
  if (attempt !== null) return decideAnew(deps, incident, why, { attempt, outcome: 'did_not_help' });
  // Gone by itself, yet not well: nothing fires, so there is nothing to act on; a person looks.
  const instances = await instancesOf(deps, incident);
  const down = instances?.every((instance) => !instance.running) ?? false;
  await handOver(deps, incident, down ? 'target_down' : 'not_healed', why, null);
}

const unproven = (
  deps: Deps,
  incident: Incident,
  attempt: Attempt | null,
  verdict: Extract<Verdict, { verdict: 'undecided' }>,
): Promise<void> => handOver(deps, incident, 'unproven', verdict.missing.join('; '), attempt);

async function handOver(
  deps: Deps,
  incident: Incident,
  reason: 'unproven' | 'not_healed' | 'target_down',
  why: string,
  attempt: Attempt | null,
): Promise<void> {
  const { db } = deps;
  const now = deps.now();
  await write(db, () => {
    addEvent(db, incident.id, now, 'proof', `no proof: ${why}`, {});
    if (attempt !== null) endAttempt(db, attempt.id, 'unproven', `not proven in time: ${why}`, now);
    escalate(db, incident, reason, now);
  });
  if (attempt !== null) deps.events.attemptEnded(incident, 'unproven', why);
  deps.events.escalated(incident, reason);
  deps.wake();
}

/** Ends an attempt and decides what is next, in one transaction: no moment without an owner. */
export async function decideAnew(
  deps: Deps,
  incident: Incident,
  why: string,
  ended: { attempt: Attempt; outcome: AttemptOutcome } | null,
): Promise<void> {
  const { db } = deps;
  const outside = await askOutside(deps, incident);
  const now: Instant = deps.now();
  const done = await write(db, () => {
    const current = incidentById(db, incident.id);
    if (current === undefined) return null;
    if (ended !== null) {
      endAttempt(db, ended.attempt.id, ended.outcome, why, now);
      if (ended.outcome === 'not_called') giveBack(deps, ended.attempt);
    }
    addEvent(db, incident.id, now, ended === null ? 'alert' : 'attempt', why, {
      outcome: ended?.outcome ?? null,
    });
    const facts = readFacts(deps, current, outside, now);
    const decision = decide(facts, now);
    return { decision, isNew: applyDecision(db, current, decision, facts, now) };
  });
  if (ended !== null) deps.events.attemptEnded(incident, ended.outcome, why);
  if (done?.isNew) tellDecision(deps.events, incident, done.decision, now);
  deps.wake();
}

/**
 * An attempt that was never called spends nothing: the circuit is as it was before the reservation. To be called
 * inside the transaction that ends it.
 */
export function giveBack(deps: Deps, attempt: Attempt): void {
  const { db } = deps;
  const state = targetState(db, attempt.target_id);
  // A reset in between has already closed it, for good reason.
  if (state.resetAt !== null && state.resetAt > attempt.reserved_at) return;
  setCircuit(db, attempt.target_id, attempt.circuit_before);
}
