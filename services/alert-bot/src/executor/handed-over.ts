import { closeIncident } from '../decision/conclude.ts';
import { isOwnFailure, TOLD_FOR } from '../decision/own-failure.ts';
import type { Deps } from '../deps.ts';
import { advance, type Proof } from '../policy/proof.ts';
import { write } from '../store/db.ts';
import { hasOpenEpisode } from '../store/episodes.ts';
import { addEvent } from '../store/events.ts';
import { type Incident, incidentById } from '../store/incidents.ts';
import { targetState } from '../store/targets.ts';
import { instancesOf, lookAt, playbookOf } from './proof-reading.ts';

const LOOK_EVERY = 1_000;
/** Nothing outside can end it. */
const LOOK_AT_OWN = 60_000;

/**
 * Watches an incident that a person has and whose alerts are gone. An alert also goes away when the target is
 * down, its series vanish or Prometheus is away, so the person stays told until the same proof as anywhere
 * says that the target is well, or a reset says that somebody took it over. The proof is not kept: after a
 * restart of the bot it begins anew.
 */
export async function seekEnd(deps: Deps, id: number): Promise<void> {
  let proof: Proof | null = null;
  for (;;) {
    const incident = incidentById(deps.db, id);
    if (incident?.status !== 'escalated' || fires(deps, incident)) return;
    if (isOwnFailure(deps.db, incident)) {
      const left = (incident.escalated?.at ?? 0) + TOLD_FOR - deps.now();
      if (left <= 0) return close(deps, id, 'a person was told for 4h');
      await deps.sleep(Math.min(left, LOOK_AT_OWN));
      continue;
    }
    if (nothingToProve(incident)) return close(deps, id, 'the alert is gone');
    if (wasReset(deps, incident)) return close(deps, id, 'the alert is gone and the target was reset');

    proof ??= begin(deps, incident);
    const look = await lookAt(deps, incident, proof, await instancesOf(deps, incident));
    const next = advance(proof, look);
    if (next.verdict.verdict === 'good') return close(deps, id, 'the alert is gone and the target is well');
    // Somebody may be working on it: what is bad now says nothing of what comes after.
    proof = next.verdict.verdict === 'bad' ? null : next.proof;
    await deps.sleep(LOOK_EVERY);
  }
}

const fires = (deps: Deps, incident: Incident): boolean => hasOpenEpisode(deps.db, incident.id);

/** Where no single target was found there is nothing that could be well. */
const nothingToProve = ({ target, escalated }: Incident): boolean =>
  target === null || escalated?.reason === 'no_target' || escalated?.reason === 'ambiguous_target';

function wasReset(deps: Deps, { target, escalated }: Incident): boolean {
  if (target === null || escalated === null) return false;
  const { resetAt } = targetState(deps.db, target);
  return resetAt !== null && resetAt >= escalated.at;
}

function begin(deps: Deps, incident: Incident): Proof {
  const prove = playbookOf(deps, incident)?.prove;
  return {
    since: deps.newFrom(),
    // Whatever runs now is what has to be well.
    startedAt: null,
    restartCount: 0,
    deadline: Number.POSITIVE_INFINITY,
    stable: prove?.stable ?? 0,
    above: prove?.query?.above ?? null,
    clean: {},
    goodSince: null,
  };
}

async function close(deps: Deps, id: number, why: string): Promise<void> {
  const { db } = deps;
  const now = deps.now();
  const closed = await write(db, () => {
    const current = incidentById(db, id);
    // Meanwhile an alert may have joined, or a trial taken it back.
    if (current?.status !== 'escalated' || fires(deps, current)) return null;
    addEvent(db, id, now, 'proof', why, {});
    closeIncident(db, current, 'handed_over', {}, now);
    return current;
  });
  if (closed !== null) deps.events.closed(closed, 'handed_over', now);
  deps.wake();
}
