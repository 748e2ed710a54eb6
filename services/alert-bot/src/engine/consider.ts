import { withdrawQuestion } from '../decision/approval.ts';
import { applyDecision, closeIncident } from '../decision/conclude.ts';
import { askOutside, readFacts } from '../decision/facts.ts';
import { noteDepth } from '../decision/fleet.ts';
import type { Deps } from '../deps.ts';
import type { Instant } from '../domain/duration.ts';
import { beginProof } from '../executor/prove.ts';
import { decide } from '../policy/decide.ts';
import { write } from '../store/db.ts';
import { recordDecision } from '../store/decisions.ts';
import { episodesOf, hasOpenEpisode } from '../store/episodes.ts';
import { changeStatus, type Incident, incidentById } from '../store/incidents.ts';
import { matching, reopen, type TriageContext } from '../triage/triage.ts';

/**
 * Looks at one incident: gathers the facts, decides, writes the decision. What fires no longer is not
 * decided about: proof is sought that the target is well.
 */
export async function consider(deps: Deps, id: number): Promise<void> {
  const { db } = deps;
  const before = incidentById(db, id);
  if (before === undefined || before.status === 'closed') return;
  if (!isFiring(deps, before)) return ended(deps, before);

  const outside = await askOutside(deps, before);
  const now = deps.now();
  const done = await write(db, () => {
    const incident = incidentById(db, id);
    // Somebody else took it further while we asked: their next wake looks at it again.
    if (incident === undefined || incident.status !== before.status) return null;
    noteDepth(db, incident, outside.listed);
    const facts = readFacts(deps, incident, outside, now);
    const decision = decide(facts, now);
    const isNew = applyDecision(db, incident, decision, facts, now);
    // One that a person has stays open, whatever is decided.
    const dismissed = decision.kind === 'skip' && incident.status !== 'escalated';
    const reopened = dismissed && reopenJoined(deps, incident, now);
    return { incident, decision, isNew, reopened };
  });
  if (done === null) return;
  const { incident, decision, isNew, reopened } = done;
  if (isNew) deps.events.decided(incident, decision);
  if (isNew && decision.kind === 'skip') deps.events.closed(incident, 'dismissed', now);
  if (decision.kind === 'act' || reopened) deps.wake();
}

export const isFiring = (deps: Deps, incident: Incident): boolean => hasOpenEpisode(deps.db, incident.id);

async function ended(deps: Deps, incident: Incident): Promise<void> {
  const { db } = deps;
  const now = deps.now();
  // A person has it: seekEnd watches for its end.
  if (incident.status === 'escalated') return;
  if (incident.target === null) {
    await write(db, () => closeIncident(db, incident, 'dismissed', {}, now));
    deps.events.closed(incident, 'dismissed', now);
    return;
  }
  await write(db, () => {
    const current = incidentById(db, incident.id);
    withdrawQuestion(db, incident.id, 'the alert went away by itself', now);
    if (current?.status === 'awaiting_approval') changeStatus(db, current, 'deferred', { reason: null }, now);
  });
  await beginProof(deps, incident, [], 'the alert went away by itself');
}

/**
 * A repeat of an alert whose incident was dismissed: decides afresh. The same answer raises the counter of
 * its row (G10); another one opens a new incident.
 */
export async function reconsider(deps: Deps, id: number): Promise<void> {
  const { db } = deps;
  const dismissed = incidentById(db, id);
  if (dismissed?.outcome !== 'dismissed') return;
  const outside = await askOutside(deps, dismissed);
  // What cannot be asked is no other answer: it would make an incident of a target that is not ours.
  if (outside.target.found === 'unknown') return;
  const now = deps.now();
  await write(db, () => {
    const open = episodesOf(db, id).filter((episode) => episode.closedAt === null);
    const facts = readFacts(deps, dismissed, outside, now);
    const decision = decide(facts, now);
    if (decision.kind === 'skip') {
      recordDecision(db, id, decision, facts, now);
      reopenJoined(deps, dismissed, now);
    } else for (const episode of open) reopen(db, contextOf(deps), episode, now);
  });
  deps.wake();
}

/**
 * What only joined a dismissed incident has a playbook of its own, and nobody has asked that one: it gets an incident of
 * its own. To be called inside a transaction.
 * @returns whether there was any
 */
function reopenJoined(deps: Deps, dismissed: Incident, now: Instant): boolean {
  const context = contextOf(deps);
  const joined = episodesOf(deps.db, dismissed.id).filter((episode) => {
    const own = matching(context, episode);
    return episode.closedAt === null && own !== undefined && own.name !== dismissed.playbook;
  });
  for (const episode of joined) reopen(deps.db, context, episode, now);
  return joined.length > 0;
}

const contextOf = (deps: Deps): TriageContext => ({
  ...deps.playbooks(),
  targetId: (service) => deps.platform.targetId(service),
});
