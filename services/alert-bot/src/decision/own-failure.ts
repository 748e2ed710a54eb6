import type { Instant, Millis } from '../domain/duration.ts';
import type { Db } from '../store/db.ts';
import { handedOverFor } from '../store/due.ts';
import { episodesOf } from '../store/episodes.ts';
import { addEvent } from '../store/events.ts';
import { type Incident, incidentById, openIncident } from '../store/incidents.ts';
import { escalate } from './conclude.ts';

/** No alert fires that could end it: a person is told for so long. */
export const TOLD_FOR: Millis = 4 * 3_600_000;

/** Whether an incident is about a failure of the bot itself, with no target and no alert. */
export const isOwnFailure = (db: Db, { id, target, escalated }: Incident): boolean =>
  target === null && escalated?.reason === 'internal_error' && episodesOf(db, id).length === 0;

/**
 * Tells a person of a delivery that the bot cannot triage: once, what follows joins the incident while it is
 * open. To be called inside a transaction.
 * @returns the incident where it is a new one, to be reported
 */
export function tellOwnFailure(db: Db, delivery: string, why: string, now: Instant): Incident | null {
  const told = handedOverFor(db, 'internal_error')
    .flatMap((id) => incidentById(db, id) ?? [])
    .find((incident) => isOwnFailure(db, incident));
  const title = `delivery ${delivery} cannot be triaged`;
  if (told !== undefined) {
    addEvent(db, told.id, now, 'escalation', `${title}: ${why}`, { delivery });
    return null;
  }
  const opened = openIncident(
    db,
    {
      target: null,
      service: null,
      title,
      severity: 'critical',
      playbook: null,
      steps: [],
      deadline: now,
    },
    now,
  );
  addEvent(db, opened, now, 'escalation', `${title}: ${why}`, { delivery });
  const incident = incidentById(db, opened);
  if (incident === undefined) throw new Error(`incident ${opened} is not there`);
  escalate(db, incident, 'internal_error', now);
  return incident;
}
