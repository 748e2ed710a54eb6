import { ORIGIN, ORIGIN_LABEL } from '../domain/alert.ts';
import type { Decision } from '../domain/decision.ts';
import { formatDuration, type Instant } from '../domain/duration.ts';
import type { Facts } from '../domain/facts.ts';
import { mayBecome, type Outcome, type Status } from '../domain/incident.ts';
import { type DeferReason, type EscalateReason, explain, PERSONS_STOPS } from '../domain/reason.ts';
import type { Events } from '../observe/events.ts';
import { lookAtHeldAfter } from '../policy/storm.ts';
import { attemptsOf } from '../store/attempts.ts';
import type { Db } from '../store/db.ts';
import { recordDecision } from '../store/decisions.ts';
import { addEscalation, endEscalations } from '../store/escalations.ts';
import { addEvent } from '../store/events.ts';
import { type Change, changeStatus, type Incident } from '../store/incidents.ts';
import { keepQuestion, withdrawQuestion } from './approval.ts';
import { noteStorm, toldByStorm } from './storm.ts';

/** Waits that only a person ends: what comes after them is a wait of its own. */
const WAITS_FOR_PEOPLE: readonly DeferReason[] = [...PERSONS_STOPS, 'approval_required'];

/** How soon a wait without a known end is looked at again; a wake comes sooner. */
const LOOK_AGAIN = 5_000;
/** How often it is asked whether a trial is due; a person's reset wakes at once. */
const LOOK_AT_ESCALATED = 30_000;

/**
 * Writes a decision and what follows from it for the incident. To be called inside a transaction.
 * @returns whether the decision is a new row (only then is it reported)
 */
export function applyDecision(
  db: Db,
  incident: Incident,
  decision: Decision,
  facts: Facts,
  now: Instant,
): boolean {
  // A person has it: only a reset or the trial takes it back, everything else changes nothing.
  if (incident.status === 'escalated' && decision.kind !== 'act') {
    changeStatus(db, incident, 'escalated', { nextLookAt: now + LOOK_AT_ESCALATED }, now);
    keepQuestion(db, incident, decision, facts, now);
    return false;
  }
  const isNew = recordDecision(db, incident.id, decision, facts, now);
  noteStorm(db, incident.id, decision);
  const { reason } = decision;
  if (isNew)
    addEvent(db, incident.id, now, 'decision', `${decision.kind} ${reason}: ${explain(reason)}`, {
      kind: decision.kind,
      reason,
      also: decision.also,
    });
  keepQuestion(db, incident, decision, facts, now);
  switch (decision.kind) {
    case 'act':
      if (incident.status === 'escalated') endEscalations(db, incident.id, now);
      changeStatus(db, incident, 'queued', { reason }, now);
      break;
    case 'defer': {
      const { until } = decision;
      const nextLookAt = lookAgainAt(decision, facts, now);
      const change: Change = { reason, until, nextLookAt };
      // What a person asked for may last, and the time after a called attempt is a wait of its own.
      const waits = facts.playbook?.limits.deferAtMost ?? 0;
      if (incident.status === 'proving' || WAITS_FOR_PEOPLE.includes(decision.reason))
        change.deadline = now + waits;
      // What a storm holds has its whole time when it is released.
      if (decision.reason === 'storm') change.deadline = Math.max(now, nextLookAt) + waits;
      const to = reason === 'approval_required' ? 'awaiting_approval' : 'deferred';
      changeStatus(db, viaDeferred(db, incident, to, now), to, change, now);
      break;
    }
    case 'skip':
      closeIncident(db, viaDeferred(db, incident, 'closed', now), 'dismissed', { reason }, now);
      break;
    case 'escalate':
      escalate(db, incident, decision.reason, now);
      break;
  }
  return isNew;
}

/** When a wait is looked at again. A storm holds all alike until it is calm, and then gives each its turn. */
function lookAgainAt(
  { reason, until }: Extract<Decision, { kind: 'defer' }>,
  { storm }: Facts,
  now: Instant,
): Instant {
  if (reason === 'storm') return until ?? now + lookAtHeldAfter(storm?.incidents ?? 0);
  return Math.min(until ?? Number.POSITIVE_INFINITY, now + LOOK_AGAIN);
}

/** Reports a new decision, and the end that a skip is; once it is committed. */
export function tellDecision(events: Events, incident: Incident, decision: Decision, now: Instant): void {
  events.decided(incident, decision);
  if (decision.kind === 'skip') events.closed(incident, 'dismissed', now);
}

/** From `acting` an incident may not close at once, nor from `queued` ask: what was begun is given up first. */
function viaDeferred(db: Db, incident: Incident, to: Status, now: Instant): Incident {
  if (incident.status === to || mayBecome(incident.status, to)) return incident;
  changeStatus(db, incident, 'deferred', {}, now);
  return { ...incident, status: 'deferred' };
}

/** Hands the incident to a person: status, timeline and the alert that the outbox keeps firing. */
export function escalate(db: Db, incident: Incident, reason: EscalateReason, now: Instant): void {
  if (incident.status === 'escalated') return;
  withdrawQuestion(db, incident.id, explain(reason), now);
  changeStatus(db, incident, 'escalated', { reason, escalated: { reason, at: now } }, now);
  const story = tellStory(db, incident, now);
  const storm = toldByStorm(db, incident, reason);
  const through = storm === null ? '' : ` The page of the storm, incident ${storm}, tells of it.`;
  addEvent(db, incident.id, now, 'escalation', `handed to a person: ${explain(reason)}${through}`, {
    reason,
  });
  if (storm !== null) return;
  const labels = {
    alertname: 'RemediationEscalated',
    [ORIGIN_LABEL]: ORIGIN,
    severity: 'critical',
    incident: String(incident.id),
    reason,
    alert: incident.title,
    ...(incident.service === null ? {} : { service: incident.service }),
    ...(incident.target === null ? {} : { target: incident.target }),
    ...(incident.playbook === null ? {} : { playbook: incident.playbook }),
  };
  const subject = incident.target ?? incident.title;
  const annotations = {
    summary: `${subject}: ${explain(reason)}`,
    description: `${story} Look: alert-bot incidents show ${incident.id}. ${remedy(incident, reason)}`,
  };
  addEscalation(db, incident.id, reason, { labels, annotations }, now);
}

/** What a person does when it is mended. A target that was never found cannot be reset. */
function remedy(incident: Incident, reason: EscalateReason): string {
  if (incident.target === null && reason === 'internal_error')
    return "Look at the bot's log; what it is about may have to be done by hand.";
  if (incident.target === null || reason === 'no_target' || reason === 'ambiguous_target')
    return "Mend the alert's service label, or the playbook's target.";
  return `Hand it back: alert-bot reset ${incident.target}.`;
}

function tellStory(db: Db, incident: Incident, now: Instant): string {
  const attempts = attemptsOf(db, incident.id).filter((attempt) => attempt.outcome !== 'not_called');
  const tried =
    attempts.length === 0
      ? 'Nothing was done.'
      : attempts
          .map((attempt, i) => `Attempt ${i + 1}: ${attempt.detail ?? attempt.outcome ?? 'still open'}.`)
          .join(' ');
  return `Incident ${incident.id}, ${incident.title}, open for ${formatDuration(now - incident.openedAt)}. ${tried}`;
}

/** Closes an incident with its outcome, and ends what it escalated. */
export function closeIncident(
  db: Db,
  incident: Incident,
  outcome: Outcome,
  change: Change,
  now: Instant,
): void {
  withdrawQuestion(db, incident.id, `the incident is closed: ${outcome}`, now);
  changeStatus(db, incident, 'closed', { ...change, outcome }, now);
  endEscalations(db, incident.id, now);
}
