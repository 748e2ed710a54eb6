import type { Deps } from '../deps.ts';
import type { Instant } from '../domain/duration.ts';
import type { FleetFacts } from '../domain/facts.ts';
import { PlatformError } from '../domain/platform.ts';
import type { FleetLimits } from '../domain/playbook.ts';
import { readOptIn, type Target } from '../domain/target.ts';
import { depthOf, graphOf, related } from '../policy/graph.ts';
import { recentTargets } from '../store/attempts.ts';
import type { Db } from '../store/db.ts';
import { actingTargets, type Incident } from '../store/incidents.ts';
import { queuedBefore, saveDepth } from '../store/queue.ts';

/** Every target that the platform knows; why not, where it does not say. */
export type Listed = { targets: readonly Target[] } | { unknown: string };

export async function listTargets(deps: Deps): Promise<Listed> {
  try {
    return { targets: await deps.platform.list() };
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    return { unknown: error.message };
  }
}

/**
 * Keeps how deep in the dependencies a target stands, for the order of the queue. To be called before the facts are read,
 * in the same transaction; where the platform does not say, it stays as it was.
 */
export function noteDepth(db: Db, { id, target, depth }: Incident, listed: Listed): void {
  if (target === null || !('targets' in listed) || listed.targets.every((one) => one.id !== target)) return;
  const now = depthOf(graphOf(listed.targets), target);
  if (now !== depth) saveDepth(db, id, now);
}

/** What else the bot does, has done and may do (G5). Reads the log as it is now. */
export function fleetFacts(
  db: Db,
  incident: Incident,
  listed: Listed,
  limits: FleetLimits,
  now: Instant,
): FleetFacts {
  const acting = actingTargets(db).filter((target) => target !== incident.target);
  const graph = graphOf('targets' in listed ? listed.targets : []);
  const { target } = incident;
  return {
    limits,
    acting,
    actingInTree: target === null ? [] : acting.filter((other) => related(graph, target, other)),
    queuedBefore: queuedBefore(db, incident).map(String),
    recent: recentTargets(db, now - limits.targets.per).filter((one) => one.target !== target),
    size: 'unknown' in listed ? listed : { known: listed.targets.filter(mayBeActedOn).length },
  };
}

/** Whether the bot may act on a target at all (G11). */
export function mayBeActedOn({ labels, protectedBecause }: Target): boolean {
  const optIn = readOptIn(labels);
  return protectedBecause === null && 'enabled' in optIn && optIn.enabled;
}
