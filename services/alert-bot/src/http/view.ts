import type { z } from 'zod';
import type { Instant } from '../domain/duration.ts';
import { explain, REASONS } from '../domain/reason.ts';
import { type Approval, approvalsOf } from '../store/approvals.ts';
import { type Attempt, attemptsOf, callsOf } from '../store/attempts.ts';
import type { currentPause } from '../store/controls.ts';
import type { Db } from '../store/db.ts';
import { type DecisionRow, decisionsOf } from '../store/decisions.ts';
import { type Episode, episodesOf } from '../store/episodes.ts';
import { escalationsOf } from '../store/escalations.ts';
import { eventsOf } from '../store/events.ts';
import { evidenceOf } from '../store/evidence.ts';
import { type Incident, incidentById } from '../store/incidents.ts';
import { HttpError } from './errors.ts';
import { shorten } from './input.ts';
import type { approvalShape, decisionShape, detailShape, incidentShape } from './shapes.ts';

export const iso = (at: Instant): string => new Date(at).toISOString();
export const time = (at: Instant | null): string | null => (at === null ? null : iso(at));

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
    throw new HttpError(
      'not_found',
      `there is no incident ${shorten(written)}; GET /api/v1/incidents lists them`,
    );
  return incident;
}

/** A decision with all that it saw. */
export const decisionView = ({
  id,
  at,
  last_at,
  count,
  decision,
  facts,
}: DecisionRow): z.output<typeof decisionShape> => ({
  id,
  at: iso(at),
  lastAt: iso(last_at),
  count,
  ...decision,
  until: decision.kind === 'defer' ? time(decision.until) : null,
  explanation: explain(decision.reason),
  facts,
});

/** A question to a person, whether it is answered or not. */
export const approvalView = (approval: Approval): z.output<typeof approvalShape> => ({
  ...approval,
  askedAt: iso(approval.askedAt),
  expiresAt: iso(approval.expiresAt),
  endedAt: time(approval.endedAt),
  instances: approval.instances.map((one) => ({ ...one, startedAt: time(one.startedAt) })),
});

export const pauseView = (pause: NonNullable<ReturnType<typeof currentPause>>) => ({
  ...pause,
  at: iso(pause.at),
  until: time(pause.until),
});

/** An incident as lists show it. Times are ISO 8601 in UTC. */
export const incidentView = (incident: Incident): z.output<typeof incidentShape> => ({
  id: incident.id,
  target: incident.target,
  service: incident.service,
  title: incident.title,
  severity: incident.severity,
  playbook: incident.playbook,
  status: incident.status,
  reason: incident.reason,
  explanation: explained(incident.reason),
  outcome: incident.outcome,
  weakProof: incident.weakProof,
  trace: incident.trace,
  until: time(incident.until),
  openedAt: iso(incident.openedAt),
  updatedAt: iso(incident.updatedAt),
  closedAt: time(incident.closedAt),
});

/** Everything the log knows of one incident: what happened, what was decided and on which facts, evidence. */
export const incidentDetail = (db: Db, incident: Incident): z.output<typeof detailShape> => ({
  ...incidentView(incident),
  steps: incident.steps,
  deadline: iso(incident.deadline),
  proof: incident.proof,
  episodes: episodesOf(db, incident.id).map(episodeView),
  decisions: decisionsOf(db, incident.id).map(decisionView),
  attempts: attemptsOf(db, incident.id).map((attempt) => attemptView(db, attempt)),
  approvals: approvalsOf(db, incident.id).map(approvalView),
  evidence: evidenceOf(db, incident.id).map(({ at, attempt_id, took_ms, ...rest }) => ({
    ...rest,
    at: iso(at),
    attempt: attempt_id,
    tookMs: took_ms,
  })),
  escalations: escalationsOf(db, incident.id).map((escalation) => ({
    ...escalation,
    startsAt: iso(escalation.startsAt),
    endedAt: time(escalation.endedAt),
    lastSentAt: time(escalation.lastSentAt),
  })),
  timeline: eventsOf(db, incident.id).map((event) => ({ ...event, at: iso(event.at) })),
});

const episodeView = (episode: Episode) => ({
  ...episode,
  startsAt: iso(episode.startsAt),
  openedAt: iso(episode.openedAt),
  lastSeenAt: iso(episode.lastSeenAt),
  absentSince: time(episode.absentSince),
  closedAt: time(episode.closedAt),
});

const attemptView = (db: Db, attempt: Attempt) => ({
  id: attempt.id,
  step: attempt.step,
  number: attempt.number,
  reason: attempt.reason,
  boot: attempt.boot,
  reservedAt: iso(attempt.reserved_at),
  endedAt: time(attempt.ended_at),
  outcome: attempt.outcome,
  detail: attempt.detail,
  calls: callsOf(db, attempt.id).map((call) => ({
    verb: call.verb,
    instance: call.instance_id,
    before: call.before,
    after: call.after,
    callingAt: iso(call.calling_at),
    endedAt: time(call.ended_at),
    result: call.result,
  })),
});
