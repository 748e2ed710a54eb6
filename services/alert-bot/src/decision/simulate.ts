import type { Deps } from '../deps.ts';
import type { Alert } from '../domain/alert.ts';
import type { Decision } from '../domain/decision.ts';
import { formatDuration } from '../domain/duration.ts';
import type { Facts } from '../domain/facts.ts';
import { PlatformError } from '../domain/platform.ts';
import { decide } from '../policy/decide.ts';
import { nextAct, nextRung, ownAttempts } from '../policy/ladder.ts';
import { backoffAfter } from '../policy/limits.ts';
import { fillService } from '../policy/template.ts';
import type { AlertOutcome } from '../store/deliveries.ts';
import { type Incident, incidentById } from '../store/incidents.ts';
import { scratchCopy } from '../store/scratch.ts';
import { matching, triageAlert } from '../triage/triage.ts';
import { askOutside, readFacts } from './facts.ts';

/** What would become of one alert if it came now. */
export interface Simulation {
  outcome: AlertOutcome['outcome'];
  /** The incident that it would open (its number is none of the log's) or join. */
  incident: Incident | null;
  /** null where nothing would be decided; `note` says why. */
  decided: { decision: Decision; facts: Facts; next: readonly string[] } | null;
  note: string | null;
}

/**
 * Decides about alerts as if they were sent by hand now, without acting: the very functions of the path, over a
 * copy in memory of what they read, and a platform that can only be asked. Nothing is written, nobody is told.
 */
export async function simulate(deps: Deps, alerts: readonly Alert[]): Promise<Simulation[]> {
  const context = {
    ...deps.playbooks(),
    targetId: (service: string) => deps.platform.targetId(service),
  };
  const targets = alerts.flatMap((alert) => {
    const playbook = matching(context, alert);
    if (playbook === undefined) return [];
    const filled = fillService(playbook.service, alert.labels);
    return 'name' in filled ? [deps.platform.targetId(filled.name)] : [];
  });
  const copy = scratchCopy(deps.db, targets, deps.now());
  try {
    const still = onlyAsking({ ...deps, db: copy });
    const triaged = alerts.map((alert) => triageAlert(copy, context, alert, 'manual', deps.now()));
    const simulations: Simulation[] = [];
    for (const one of triaged) simulations.push(await simulateOne(still, one));
    return simulations;
  } finally {
    copy.close();
  }
}

/** The same, but it can neither act nor tell anybody: that would be a defect, and shows as one. */
function onlyAsking(deps: Deps): Deps {
  const { platform, alertmanager } = deps;
  return {
    ...deps,
    platform: {
      ...platform,
      act: async () => {
        throw new PlatformError('refused', 'a simulation does not act');
      },
    },
    alertmanager: {
      read: (now) => alertmanager.read(now),
      send: async () => {
        throw new Error('a simulation tells nobody');
      },
    },
    wake: () => {},
  };
}

async function simulateOne(
  deps: Deps,
  { outcome, incident: id }: Omit<AlertOutcome, 'index'>,
): Promise<Simulation> {
  const incident = id === undefined ? undefined : incidentById(deps.db, id);
  const note = whyNotDecided(outcome, incident);
  if (incident === undefined || note !== null)
    return { outcome, incident: incident ?? null, decided: null, note };
  const outside = await askOutside(deps, incident);
  const now = deps.now();
  const facts = readFacts(deps, incident, outside, now);
  const decision = decide(facts, now);
  return { outcome, incident, decided: { decision, facts, next: whatIsNext(facts, decision) }, note: null };
}

function whyNotDecided(outcome: AlertOutcome['outcome'], incident: Incident | undefined): string | null {
  if (outcome === 'heartbeat') return 'It is the heartbeat: it is counted, and nothing is decided about it.';
  if (outcome === 'own')
    return "It is one of the bot's own alerts: it goes to people, and is never acted on.";
  if (outcome === 'late') return 'It is resolved and was not firing: nothing is decided about it.';
  if (outcome === 'resolved') return 'It ends the alert: the bot would seek proof that the target is well.';
  if (incident?.status === 'closed' && incident.outcome !== 'dismissed')
    return `It belongs to incident ${incident.id}, which is closed (${incident.outcome}): the bot is silent until it ends and fires anew.`;
  return null;
}

/** What an attempt would be, and what comes after it, in sentences. */
function whatIsNext(facts: Facts, decision: Decision): string[] {
  const { playbook } = facts;
  if (playbook === null || facts.target.found !== 'one' || decision.kind === 'skip') return [];
  const own = ownAttempts(facts);
  const { step, reason } = nextAct(facts, playbook.steps);
  const rung = playbook.steps[step];
  if (rung?.kind !== 'restart' || (reason !== 'trial' && nextRung(playbook.steps, own) === null)) return [];
  const made = own.filter((attempt) => attempt.step === step).length;
  const when = decision.kind === 'act' ? 'Now' : 'When nothing blocks any more';
  const trial = reason === 'trial' ? ', the one trial of the quarantine' : '';
  const attempt = `${when}: restart ${facts.target.id}, attempt ${made + 1} of ${rung.attempts} of step ${step + 1}${trial}.`;
  const after = [...own, { step }];
  const then = nextRung(playbook.steps, after);
  if (reason === 'trial' || then === null)
    return [attempt, 'If that is not proven to help: a person has it.'];
  const pause = formatDuration(backoffAfter(playbook.limits.backoff, after.length));
  const again = then.step === step ? 'it is tried again' : `step ${then.step + 1} is next`;
  return [attempt, `If that is not proven to help: ${again}, ${pause} later at the soonest.`];
}
