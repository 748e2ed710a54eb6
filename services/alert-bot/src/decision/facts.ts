import type { Deps } from '../deps.ts';
import { MANUAL_ALERT_LASTS } from '../domain/alert.ts';
import type { Instant, Millis } from '../domain/duration.ts';
import type { AlertFact, Facts, TargetFact } from '../domain/facts.ts';
import { inLogTime } from '../domain/outside-time.ts';
import { PlatformError } from '../domain/platform.ts';
import type { PlaybookFile } from '../domain/playbook.ts';
import { type AlertReading, SignalError } from '../domain/signals.ts';
import { readOptIn, type Target } from '../domain/target.ts';
import { proofTakesUpTo } from '../policy/proof.ts';
import { fillService } from '../policy/template.ts';
import { openWindow } from '../policy/windows.ts';
import { attemptFacts, endedByUs, lastNotCalledAt, startedByUs } from '../store/attempts.ts';
import { currentPauses, pauseScopes } from '../store/controls.ts';
import { lastDecidedAt } from '../store/decisions.ts';
import { type Episode, episodesOf } from '../store/episodes.ts';
import { type Incident, lastActedIncidentEnd, listIncidents } from '../store/incidents.ts';
import { targetState } from '../store/targets.ts';
import { matching } from '../triage/triage.ts';
import { approvalFact } from './approval.ts';
import { askDependencies, type DependencyStates } from './dependencies.ts';
import { fleetFacts, type Listed, listTargets } from './fleet.ts';
import { replicaFacts } from './replicas.ts';
import { rulesOf } from './rules.ts';
import { stormFact } from './storm.ts';

/** An absent alert is unknown until Alertmanager has been up this long (design §2). */
export const ABSENCE_COUNTS_AFTER = 90_000;

/** What the platform and Alertmanager answered; the log's part is read afterwards, in one transaction. */
export interface Outside {
  target: TargetFact;
  /** The target itself, where there is exactly one. */
  found: Target | null;
  alert: AlertFact;
  dependencies: DependencyStates;
  /** How long the alert may still fire after its cause is gone. */
  letsGoAfter: Millis;
  /** Every target, for what concerns them all. */
  listed: Listed;
}

/** Asks the platform and Alertmanager about an incident. Never rejects: what cannot be asked is unknown. */
export async function askOutside(deps: Deps, incident: Incident): Promise<Outside> {
  // Nearly every decision needs the list, and it is shared: asked for beside the rest, it is not waited for after it.
  const listing = incident.service === null ? null : listTargets(deps);
  const [{ target, found }, { alert, reading }] = await Promise.all([
    findTarget(deps, incident),
    askAlert(deps, incident),
  ]);
  if (found === null || listing === null)
    return { target, found, alert, dependencies: [], letsGoAfter: 0, listed: { targets: [] } };
  const waits = found.dependsOn.length > 0 || wasChanged(deps, incident, found);
  const [listed, rules] = await Promise.all([listing, waits ? rulesOf(deps, incident) : []]);
  const dependencies = await askDependencies(deps, found, reading, listed);
  const letsGoAfter = proofTakesUpTo(0, rules?.map((one) => one.rule) ?? null);
  return { target, found, alert, dependencies, letsGoAfter, listed };
}

/** Whether an instance was started by somebody else since the trouble began. */
function wasChanged(deps: Deps, incident: Incident, { instances }: Target): boolean {
  const [now, behind] = [deps.now(), deps.behind()];
  const began = beganAt(incident, episodesOf(deps.db, incident.id), behind, now);
  return instances.some(
    (one) => inLogTime(one.startedAt ?? 0, behind, now) > began && !startedByUs(deps.db, one),
  );
}

/** When the trouble began: the bot may have been away, or its delivery late, when its first alert fired. */
const beganAt = (
  { openedAt }: Incident,
  episodes: readonly Episode[],
  behind: Millis,
  now: Instant,
): Instant => Math.min(openedAt, ...episodes.map(({ startsAt }) => inLogTime(startsAt, behind, now)));

async function findTarget(deps: Deps, incident: Incident): Promise<Pick<Outside, 'target' | 'found'>> {
  if (incident.service === null)
    return { target: { found: 'none', asked: whyNoService(deps, incident) }, found: null };
  try {
    const targets = await deps.platform.find(incident.service);
    const [first, ...others] = targets;
    if (first === undefined)
      return { target: { found: 'none', asked: `no service is called "${incident.service}"` }, found: null };
    if (others.length > 0)
      return { target: { found: 'many', ids: targets.map((target) => target.id) }, found: null };
    const { id, labels, protectedBecause } = first;
    const atRest = whyAtRest(deps, first);
    return { target: { found: 'one', id, optIn: readOptIn(labels), protectedBecause, atRest }, found: first };
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    return { target: { found: 'unknown', why: error.message }, found: null };
  }
}

/** Somebody's stop, where every instance is at rest; what our own call left stopped is not. */
function whyAtRest(deps: Deps, { instances }: Target): Extract<TargetFact, { found: 'one' }>['atRest'] {
  const resting = instances.filter((instance) => instance.atRest !== null && !endedByUs(deps.db, instance));
  if (resting.length === 0 || resting.length < instances.length) return null;
  const ends = resting.flatMap(({ finishedAt }) => (finishedAt === null ? [] : [finishedAt]));
  return {
    why: resting.map(({ name, atRest }) => `${name} ${atRest}`).join('; '),
    since: ends.length === 0 ? null : Math.max(...ends),
  };
}

function whyNoService(deps: Deps, incident: Incident): string {
  const playbook = deps.playbooks().playbooks.find((p) => p.name === incident.playbook);
  const labels = episodesOf(deps.db, incident.id).at(-1)?.labels ?? {};
  const service = playbook === undefined ? null : fillService(playbook.service, labels);
  return service !== null && 'why' in service ? service.why : 'the alert names no service';
}

async function askAlert(
  deps: Deps,
  incident: Incident,
): Promise<{ alert: AlertFact; reading: AlertReading | null }> {
  const now = deps.now();
  const outside = now - deps.behind();
  const open = episodesOf(deps.db, incident.id).filter((episode) => episode.closedAt === null);
  if (open.length === 0) return { alert: { state: 'absent', detail: 'the alert has ended' }, reading: null };
  const fromAlertmanager = open.some((episode) => episode.source === 'alertmanager');
  try {
    // A hand-written alert needs no reading to fire; where there is one, a silence of the same alert holds (G13).
    const reading = await deps.alertmanager.read(outside).catch((error: unknown) => {
      if (fromAlertmanager || !(error instanceof SignalError)) throw error;
      return null;
    });
    const facts = open.map((episode) => stateOf(episode, reading, now));
    return { alert: together(await withoutStale(deps, incident, open, facts)), reading };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { alert: { state: 'unknown', detail }, reading: null };
  }
}

/**
 * Takes Alertmanager's word for an alert back where the last incident of the target ended with the proof that
 * it is gone: until it is told of the end, Alertmanager repeats it (for minutes, if Prometheus was restarted and
 * does not know that it fired). From the proof on only Prometheus can say that it fires again.
 */
async function withoutStale(
  deps: Deps,
  incident: Incident,
  open: readonly Episode[],
  facts: readonly AlertFact[],
): Promise<AlertFact[]> {
  const proven = provenGone(deps, incident);
  const doubted = open.map(
    (episode, i) =>
      episode.source === 'alertmanager' && facts[i]?.state === 'firing' && proven.has(episode.fingerprint),
  );
  if (!doubted.includes(true)) return [...facts];
  const rules = await rulesOf(deps, incident);
  return facts.map((fact, i) => {
    if (doubted[i] !== true) return fact;
    const own = rules?.find(({ episode }) => episode.id === open[i]?.id);
    if (own?.rule.alerting === true) return fact;
    return own === undefined
      ? { state: 'unknown', detail: 'proven to be gone, and Prometheus does not say whether it fires again' }
      : { state: 'absent', detail: 'proven to be gone: Alertmanager has not heard of it yet' };
  });
}

/**
 * Fingerprints that the incident before this one of the same target proved to be gone. What ended healed or recovered proved
 * it of each of its alerts, also where `resolved` came first: another peer may not have heard of the end.
 */
function provenGone(deps: Deps, { id, target }: Incident): ReadonlySet<string> {
  if (target === null) return new Set();
  const [last] = listIncidents(deps.db, { target, before: id }, 1);
  if (last === undefined) return new Set();
  const isProven = last.outcome === 'healed' || last.outcome === 'recovered';
  return new Set(
    episodesOf(deps.db, last.id)
      .filter(({ closedBy }) => isProven || closedBy === 'proven')
      .map(({ fingerprint }) => fingerprint),
  );
}

/** What one reading says of an episode. A manual alert is its own truth, for five minutes (design §4). */
export function stateOf(
  episode: Pick<Episode, 'fingerprint' | 'source' | 'openedAt'>,
  reading: AlertReading | null,
  now: Instant,
): AlertFact {
  const alert = reading?.alerts.get(episode.fingerprint);
  if (alert?.state === 'silenced' || alert?.state === 'inhibited')
    return { state: alert.state, detail: `${alert.state} by ${alert.suppressedBy.join(', ')}` };
  if (episode.source === 'manual' || reading === null)
    return now < episode.openedAt + MANUAL_ALERT_LASTS
      ? { state: 'firing', detail: 'sent by hand' }
      : { state: 'absent', detail: 'sent by hand, more than 5 minutes ago' };
  if (alert !== undefined) return { state: 'firing', detail: 'active in Alertmanager' };
  if (reading.uptime < ABSENCE_COUNTS_AFTER)
    return { state: 'unknown', detail: 'Alertmanager was restarted and may not know its alerts yet' };
  return { state: 'absent', detail: 'not in Alertmanager any more' };
}

/** One alert that fires is trouble; among the rest what is known for sure comes last. */
function together(facts: readonly AlertFact[]): AlertFact {
  for (const state of ['firing', 'silenced', 'inhibited', 'unknown'] as const) {
    const fact = facts.find((one) => one.state === state);
    if (fact !== undefined) return fact;
  }
  return facts[0] ?? { state: 'absent', detail: 'the alert has ended' };
}

/** Puts together all that `decide` looks at. Reads the log as it is now: call it inside the transaction. */
export function readFacts(deps: Deps, incident: Incident, outside: Outside, now: Instant): Facts {
  const { db } = deps;
  const { playbooks, limits, maintenance } = deps.playbooks();
  const episodes = episodesOf(db, incident.id);
  const labels = episodes.at(-1)?.labels ?? {};
  const behind = deps.behind();
  // Limits and mode are read fresh; the ladder is the incident's own (design §5).
  const current =
    incident.playbook === null
      ? matching({ playbooks }, { labels })
      : playbooks.find((playbook) => playbook.name === incident.playbook);
  const target = incident.target;
  const state = target === null ? null : targetState(db, target);
  const since = state?.resetAt ?? 0;
  return {
    incident: {
      id: String(incident.id),
      status: incident.status,
      openedAt: incident.openedAt,
      began: beganAt(incident, episodes, behind, now),
      deadline: incident.deadline,
      escalated: incident.escalated,
    },
    playbook:
      current === undefined
        ? null
        : {
            name: current.name,
            mode: current.mode,
            steps: incident.steps.length > 0 ? incident.steps : current.steps,
            limits: current.limits,
          },
    target: outside.target,
    alert: outside.alert,
    attempts: target === null ? [] : attemptFacts(db, target, since),
    notCalledAt: lastNotCalledAt(db, incident.id, since),
    circuit: { open: state?.open ?? false, until: state?.until ?? null },
    resetAt: state?.resetAt ?? null,
    lastIncidentEndedAt: target === null ? null : lastActedIncidentEnd(db, target, since),
    pauses: currentPauses(db, pauseScopes(incident), now).map(({ at: _, ...pause }) => pause),
    maintenance:
      current === undefined
        ? null
        : windowNow(maintenance, { service: incident.service, playbook: current.name }, behind, now),
    clockJump: deps.clockJump(),
    behind,
    storm: stormFact(db, incident, limits, now),
    dependencies: {
      all: outside.dependencies,
      unwellAt: lastDecidedAt(db, incident.id, 'dependency_unhealthy'),
      targetStartedAt: youngestStart(outside.found),
      letsGoAfter: outside.letsGoAfter,
    },
    replicas: replicaFacts(db, outside.found),
    fleet: fleetFacts(db, incident, outside.listed, limits, now),
    approval: approvalFact(db, incident),
    healed: null,
    ownStorm: null,
  };
}

/** A window is of the time of day that people see. */
function windowNow(
  windows: PlaybookFile['maintenance'],
  subject: Parameters<typeof openWindow>[1],
  behind: Millis,
  now: Instant,
): Facts['maintenance'] {
  const open = openWindow(windows, subject, now - behind);
  return open === null ? null : { ...open, until: open.until + behind };
}

function youngestStart(target: Target | null): Instant | null {
  const starts = target?.instances.flatMap(({ startedAt }) => (startedAt === null ? [] : [startedAt])) ?? [];
  return starts.length === 0 ? null : Math.max(...starts);
}
