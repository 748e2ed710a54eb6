import { ORIGIN, ORIGIN_LABEL } from '../domain/alert.ts';
import type { Decision } from '../domain/decision.ts';
import type { Instant } from '../domain/duration.ts';
import type { ApprovalFact, Facts } from '../domain/facts.ts';
import { explain, PERSONS_STOPS } from '../domain/reason.ts';
import { bindingOf, boundTo } from '../policy/guard-approval.ts';
import { nextAct } from '../policy/ladder.ts';
import {
  type Answer,
  type Approval,
  askApproval,
  attemptedSince,
  endApproval,
  lastApproval,
} from '../store/approvals.ts';
import type { Person } from '../store/controls.ts';
import type { Db } from '../store/db.ts';
import { episodesOf } from '../store/episodes.ts';
import { addEscalation, endEscalationsFor } from '../store/escalations.ts';
import { addEvent } from '../store/events.ts';
import type { Incident } from '../store/incidents.ts';
import { targetState } from '../store/targets.ts';

/**
 * What a person was asked about an incident, and has answered (mode `approve`). It dies with the episode that it
 * was asked in, with a reset of the target, and with the attempt that it allowed: the next one is another question.
 * Reads the log as it is now.
 */
export function approvalFact(db: Db, incident: Incident): ApprovalFact | null {
  const last = lastApproval(db, incident.id);
  if (last === undefined || isOver(db, incident, last)) return null;
  const { step, instances, askedAt, expiresAt, by } = last;
  const fact = { step, instances, askedAt, expiresAt, by };
  switch (last.answer) {
    case null:
    // Both keep their end: a question that is asked again and again ends with the first.
    case 'replaced':
    case 'expired':
      return { state: 'asked', ...fact };
    case 'approved':
      return attemptedSince(db, incident.id, last.endedAt ?? askedAt) ? null : { state: 'approved', ...fact };
    case 'rejected':
    case 'withdrawn':
      return null;
  }
}

function isOver(db: Db, incident: Incident, { askedAt }: Approval): boolean {
  const resetAt = incident.target === null ? null : targetState(db, incident.target).resetAt;
  if (resetAt !== null && askedAt < resetAt) return true;
  return !episodesOf(db, incident.id).some(
    (episode) => episode.closedAt === null && episode.openedAt <= askedAt,
  );
}

/** The question of an incident that nobody has answered, if any. */
export function openQuestion(db: Db, incident: number): Approval | null {
  const last = lastApproval(db, incident);
  return last === undefined || last.endedAt !== null ? null : last;
}

/**
 * Keeps the question of an incident in step with what was decided: asks a person, or takes back what nobody has
 * to answer any more. To be called inside the transaction that writes the decision.
 */
export function keepQuestion(
  db: Db,
  incident: Incident,
  decision: Decision,
  facts: Facts,
  now: Instant,
): void {
  const open = openQuestion(db, incident.id);
  const end = open === null ? null : whyEnded(open, decision, facts, now);
  if (open !== null && end === null) return;
  if (open !== null && end !== null) endQuestion(db, open, end.answer, { by: null, why: end.why }, now);
  if (decision.kind === 'defer' && decision.reason === 'approval_required')
    ask(db, incident, facts, decision.until ?? now, now);
}

/** Takes back the open question of an incident, if any: it is a person's, or over. */
export function withdrawQuestion(db: Db, incident: number, why: string, now: Instant): void {
  const open = openQuestion(db, incident);
  if (open !== null) endQuestion(db, open, 'withdrawn', { by: null, why }, now);
}

function whyEnded(
  open: Approval,
  decision: Decision,
  facts: Facts,
  now: Instant,
): { answer: Answer; why: string } | null {
  if (decision.kind === 'escalate' && decision.reason === 'approval_expired')
    return { answer: 'expired', why: 'nobody answered in time' };
  if (decision.kind !== 'defer') return { answer: 'withdrawn', why: explain(decision.reason) };
  if (facts.approval === null) return { answer: 'withdrawn', why: 'the alert that it was about has ended' };
  if (facts.target.found === 'one' && !boundTo(open, facts.replicas))
    return { answer: 'replaced', why: 'what it was about was restarted or replaced' };
  // Nobody could have meant anything by an answer while hands were off; it is asked anew then.
  const handsOff = PERSONS_STOPS.includes(decision.reason) || decision.reason === 'storm';
  if (handsOff && now >= open.expiresAt) return { answer: 'withdrawn', why: explain(decision.reason) };
  return null;
}

/** Ends a question: its alert ends too, and the timeline says how. */
export function endQuestion(
  db: Db,
  question: Approval,
  answer: Answer,
  said: { by: Person['by'] | null; why: Person['why'] },
  now: Instant,
): void {
  endApproval(db, question.id, answer, said, now);
  endEscalationsFor(db, question.incident, 'approval_required', now);
  const kind = said.by === null ? 'approval' : 'person';
  const who =
    said.by === null ? `question ${question.id} ${answer}` : `${said.by} ${answer} question ${question.id}`;
  addEvent(db, question.incident, now, kind, said.why === '' ? who : `${who}: ${said.why}`, {
    question: question.id,
    answer,
    ...said,
  });
}

function ask(db: Db, incident: Incident, facts: Facts, expiresAt: Instant, now: Instant): void {
  const { playbook, replicas, attempts } = facts;
  if (playbook === null) return;
  const { step } = nextAct(facts, playbook.steps);
  const instances = bindingOf(replicas);
  const id = askApproval(db, { incident: incident.id, step, instances, expiresAt }, now);
  const names = replicas
    .filter((one) => instances.some((bound) => bound.id === one.id))
    .map(({ name }) => name);
  const made = attempts.filter((one) => one.incident === facts.incident.id && one.step === step).length;
  const what = `${playbook.steps[step]?.kind ?? 'act on'} ${names.join(', ') || incident.target}`;
  const until = new Date(expiresAt).toISOString();
  const about = `attempt ${made + 1} of step ${step + 1}`;
  addEvent(
    db,
    incident.id,
    now,
    'approval',
    `question ${id}: may the bot ${what} (${about})? Until ${until}`,
    {
      question: id,
      step,
      instances,
    },
  );
  const command = (verb: string) => `alert-bot ${verb} ${incident.id} --question ${id}`;
  const labels = {
    alertname: 'RemediationApprovalRequired',
    [ORIGIN_LABEL]: ORIGIN,
    severity: incident.severity === 'none' ? 'warning' : incident.severity,
    incident: String(incident.id),
    // Each question is an alert of its own: whoever was told of another one has not been asked this.
    question: String(id),
    alert: incident.title,
    ...(incident.service === null ? {} : { service: incident.service }),
    ...(incident.target === null ? {} : { target: incident.target }),
    playbook: playbook.name,
  };
  const annotations = {
    summary: `${incident.target ?? incident.title}: may the bot ${what}?`,
    description:
      `${incident.title} fires; the bot would ${what} (${about} of ${playbook.name}). ` +
      `Allow it: ${command('approve')} or refuse: ${command('reject')} --why "…". ` +
      `Look first: alert-bot incidents show ${incident.id}. Nothing is done before, and from ${until} on a person has it.`,
  };
  addEscalation(db, incident.id, 'approval_required', { labels, annotations }, now);
}
