import { openQuestion } from '../decision/approval.ts';
import type { Instant } from '../domain/duration.ts';
import type { Approval } from '../store/approvals.ts';
import { type Attempt, attemptsOf, callsOf } from '../store/attempts.ts';
import { currentPauses } from '../store/controls.ts';
import type { Db } from '../store/db.ts';
import { decisionsOf } from '../store/decisions.ts';
import { episodesOf } from '../store/episodes.ts';
import { escalationsOf } from '../store/escalations.ts';
import { eventsOf } from '../store/events.ts';
import { evidenceOf } from '../store/evidence.ts';
import type { Incident } from '../store/incidents.ts';

/** Rows of the log about one incident, as they are. */
export interface IncidentStory {
  incident: Incident;
  question: Approval | null;
  /** Pages of it that nobody has seen yet. */
  unacknowledged: number;
  /** Whether its target is paused by itself. */
  paused: boolean;
  episodes: ReturnType<typeof episodesOf>;
  decisions: ReturnType<typeof decisionsOf>;
  attempts: { attempt: Attempt; calls: ReturnType<typeof callsOf> }[];
  evidence: ReturnType<typeof evidenceOf>;
  timeline: ReturnType<typeof eventsOf>;
}

/** Everything the log knows of one incident, for pages. */
export const incidentStory = (db: Db, incident: Incident, now: Instant): IncidentStory => ({
  incident,
  question: openQuestion(db, incident.id),
  unacknowledged: escalationsOf(db, incident.id).filter(
    ({ endedAt, reason }) => endedAt === null && reason !== 'approval_required',
  ).length,
  paused: incident.target !== null && currentPauses(db, [`target:${incident.target}`], now).length > 0,
  episodes: episodesOf(db, incident.id),
  decisions: decisionsOf(db, incident.id),
  attempts: attemptsOf(db, incident.id).map((attempt) => ({ attempt, calls: callsOf(db, attempt.id) })),
  evidence: evidenceOf(db, incident.id),
  timeline: eventsOf(db, incident.id),
});
