import type { Instant } from '../domain/duration.ts';
import { explain, REASONS } from '../domain/reason.ts';
import { approvalsOf } from '../store/approvals.ts';
import { type Attempt, attemptsOf, callsOf } from '../store/attempts.ts';
import type { currentPause } from '../store/controls.ts';
import type { Db } from '../store/db.ts';
import { decisionsOf } from '../store/decisions.ts';
import { type Episode, episodesOf } from '../store/episodes.ts';
import { escalationsOf } from '../store/escalations.ts';
import { eventsOf } from '../store/events.ts';
import { evidenceOf } from '../store/evidence.ts';
import { type Incident, incidentById } from '../store/incidents.ts';
import { HttpError } from './errors.ts';

export const time = (at: Instant | null): string | null => (at === null ? null : new Date(at).toISOString());

/** The sentence of a reason that a column holds; null where it holds none. */
export const explained = (reason: string | null): string | null => {
  const known = Object.values(REASONS)
    .flat()
    .find((one) => one === reason);
  return known === undefined ? null : explain(known);
};

/** The incident that a path names. @throws HttpError where there is none */
export function knownIncident(db: Db, written: string): Incident {
  const incident = /^\d{1,15}$/.test(written) ? incidentById(db, Number(written)) : undefined;
  if (incident === undefined)
    throw new HttpError('not_found', `there is no incident ${written}; GET /api/v1/incidents lists them`);
  return incident;
}

export const pauseView = (pause: ReturnType<typeof currentPause>) =>
  pause === null ? null : { ...pause, at: time(pause.at), until: time(pause.until) };

/** An incident as lists show it. Times are ISO 8601 in UTC. */
export const incidentView = (incident: Incident) => ({
  id: incident.id,
  target: incident.target,
  title: incident.title,
  severity: incident.severity,
  playbook: incident.playbook,
  status: incident.status,
  reason: incident.reason,
  explanation: explained(incident.reason),
  outcome: incident.outcome,
  weakProof: incident.weakProof,
  until: time(incident.until),
  openedAt: time(incident.openedAt),
  updatedAt: time(incident.updatedAt),
  closedAt: time(incident.closedAt),
});

/** Everything the log knows of one incident: what happened, what was decided and on which facts, evidence. */
export const incidentDetail = (db: Db, incident: Incident) => ({
  ...incidentView(incident),
  steps: incident.steps,
  deadline: time(incident.deadline),
  proof: incident.proof,
  episodes: episodesOf(db, incident.id).map(episodeView),
  decisions: decisionsOf(db, incident.id).map(({ id, at, last_at, count, decision, facts }) => ({
    id,
    at: time(at),
    lastAt: time(last_at),
    count,
    ...decision,
    until: decision.kind === 'defer' ? time(decision.until) : null,
    explanation: explain(decision.reason),
    facts,
  })),
  attempts: attemptsOf(db, incident.id).map((attempt) => attemptView(db, attempt)),
  approvals: approvalsOf(db, incident.id).map((approval) => ({
    ...approval,
    askedAt: time(approval.askedAt),
    expiresAt: time(approval.expiresAt),
    endedAt: time(approval.endedAt),
    instances: approval.instances.map((one) => ({ ...one, startedAt: time(one.startedAt) })),
  })),
  evidence: evidenceOf(db, incident.id).map(({ at, attempt_id, took_ms, ...rest }) => ({
    ...rest,
    at: time(at),
    attempt: attempt_id,
    tookMs: took_ms,
  })),
  escalations: escalationsOf(db, incident.id).map((escalation) => ({
    ...escalation,
    startsAt: time(escalation.startsAt),
    endedAt: time(escalation.endedAt),
    lastSentAt: time(escalation.lastSentAt),
  })),
  timeline: eventsOf(db, incident.id).map((event) => ({ ...event, at: time(event.at) })),
});

const episodeView = (episode: Episode) => ({
  ...episode,
  startsAt: time(episode.startsAt),
  openedAt: time(episode.openedAt),
  lastSeenAt: time(episode.lastSeenAt),
  absentSince: time(episode.absentSince),
  closedAt: time(episode.closedAt),
});

const attemptView = (db: Db, attempt: Attempt) => ({
  id: attempt.id,
  step: attempt.step,
  number: attempt.number,
  reason: attempt.reason,
  boot: attempt.boot,
  reservedAt: time(attempt.reserved_at),
  endedAt: time(attempt.ended_at),
  outcome: attempt.outcome,
  detail: attempt.detail,
  calls: callsOf(db, attempt.id).map((call) => ({
    verb: call.verb,
    instance: call.instance_id,
    before: call.before,
    after: call.after,
    callingAt: time(call.calling_at),
    endedAt: time(call.ended_at),
    result: call.result,
  })),
});
