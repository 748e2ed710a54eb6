import { type Alert, type AlertSource, isHeartbeat, isOwn, MANUAL_ALERT_LASTS } from '../domain/alert.ts';
import type { Instant } from '../domain/duration.ts';
import type { FleetLimits, Playbook } from '../domain/playbook.ts';
import type { TargetId } from '../domain/target.ts';
import { fillService } from '../policy/template.ts';
import { recordHeartbeat } from '../store/controls.ts';
import type { Db } from '../store/db.ts';
import type { AlertOutcome } from '../store/deliveries.ts';
import {
  adoptEpisode,
  closeEpisode,
  type Episode,
  moveEpisode,
  ongoingEpisodeOf,
  openEpisode,
  openEpisodeOf,
  sawEpisode,
} from '../store/episodes.ts';
import { addEvent } from '../store/events.ts';
import { openIncident, openIncidentOf } from '../store/incidents.ts';
import { noteIncident } from './storm.ts';

/** What triage needs of the rest: the playbooks in force, and how a service's target is called. */
export interface TriageContext {
  playbooks: readonly Playbook[];
  limits: FleetLimits;
  targetId(service: string): TargetId;
}

/** How long an incident without a playbook may wait for anything: it never does. */
const NO_WAIT = 0;

/**
 * Takes one alert into episodes and incidents (design §4): new, joined, duplicate, late or resolved. To be
 * called inside a transaction; asks nobody.
 */
export function triageAlert(
  db: Db,
  context: TriageContext,
  alert: Alert,
  source: AlertSource,
  now: Instant,
): Omit<AlertOutcome, 'index'> {
  const { fingerprint } = alert;
  if (isHeartbeat(alert.labels)) {
    if (alert.status === 'firing') recordHeartbeat(db, now);
    return { outcome: 'heartbeat', fingerprint };
  }
  if (isOwn(alert.labels)) return { outcome: 'own', fingerprint };

  if (alert.status === 'resolved') {
    const episode = openEpisodeOf(db, fingerprint);
    if (episode === undefined) return { outcome: 'late', fingerprint };
    endEpisode(db, episode, 'resolved', now);
    return { outcome: 'resolved', fingerprint, incident: episode.incident };
  }
  const episode = ongoingEpisodeOf(db, fingerprint);
  if (episode !== undefined) {
    if (episode.source === 'manual' && source === 'alertmanager') adoptEpisode(db, episode.id, alert);
    sawEpisode(db, episode.id, now);
    return { outcome: 'duplicate', fingerprint, incident: episode.incident };
  }

  const { incident, joined, playbook } = incidentFor(db, context, alert, now);
  openEpisode(db, alert, source, incident, now);
  addEvent(db, incident, now, 'alert', `${title(alert)} fires${joined ? ' and joins' : ''}`, {
    fingerprint,
    labels: alert.labels,
    startsAt: alert.startsAt,
    source,
  });
  if (!joined) noteIncident(db, context, incident, playbook, now);
  return { outcome: joined ? 'joined' : 'new', fingerprint, incident };
}

/**
 * Gives an open episode a new incident: its last one was dismissed (a skip), and what led to that has
 * changed since, such as a playbook, a mode or a label.
 */
export function reopen(db: Db, context: TriageContext, episode: Episode, now: Instant): number {
  const { incident, joined, playbook } = incidentFor(db, context, episode, now);
  moveEpisode(db, episode.id, incident);
  addEvent(
    db,
    incident,
    now,
    'alert',
    `${title(episode)} still fires; incident ${episode.incident} was dismissed`,
    {
      fingerprint: episode.fingerprint,
      labels: episode.labels,
    },
  );
  if (!joined) noteIncident(db, context, incident, playbook, now);
  return incident;
}

/** Closes an episode; what that means for its incident is the engine's next look at it. */
export function endEpisode(
  db: Db,
  episode: Episode,
  by: 'resolved' | 'absent' | 'expired' | 'proven',
  now: Instant,
): void {
  closeEpisode(db, episode.id, by, now);
  const why = {
    resolved: 'resolved',
    absent: 'absent from two readings of Alertmanager',
    expired: `nobody resolved it for ${MANUAL_ALERT_LASTS / 60_000} minutes`,
    proven: 'gone in two evaluations of its rule',
  }[by];
  addEvent(db, episode.incident, now, 'alert', `${episode.labels['alertname'] ?? 'alert'} ended: ${why}`, {
    fingerprint: episode.fingerprint,
  });
}

/** The first playbook that matches, as in Alertmanager's routes; the order in the file decides. */
export const matching = (
  context: Pick<TriageContext, 'playbooks'>,
  alert: Pick<Alert, 'labels'>,
): Playbook | undefined => context.playbooks.find((playbook) => playbook.matches(alert.labels));

function incidentFor(
  db: Db,
  context: TriageContext,
  alert: Pick<Alert, 'labels'>,
  now: Instant,
): { incident: number; joined: boolean; playbook: Playbook | undefined } {
  const playbook = matching(context, alert);
  const service = playbook === undefined ? undefined : fillService(playbook.service, alert.labels);
  const name = service !== undefined && 'name' in service ? service.name : null;
  const target = name === null ? null : context.targetId(name);
  const open = target === null ? undefined : openIncidentOf(db, target);
  if (open !== undefined) return { incident: open.id, joined: true, playbook };
  const incident = openIncident(
    db,
    {
      target,
      service: name,
      title: title(alert),
      severity: alert.labels['severity'] ?? 'none',
      playbook: playbook?.name ?? null,
      steps: playbook?.steps ?? [],
      deadline: now + (playbook?.limits.deferAtMost ?? NO_WAIT),
    },
    now,
  );
  return { incident, joined: false, playbook };
}

const title = (alert: Pick<Alert, 'labels'>): string =>
  alert.labels['alertname'] ?? Object.values(alert.labels).join(' ');
