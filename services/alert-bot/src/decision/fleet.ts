import type { Deps } from '../deps.ts';
import type { Instant } from '../domain/duration.ts';
import type { FleetFacts } from '../domain/facts.ts';
import { PlatformError } from '../domain/platform.ts';
import type { FleetLimits } from '../domain/playbook.ts';
import { readOptIn, type Target, type TargetId } from '../domain/target.ts';
import { asksOf, depthOf, type Graph, graphOf, related } from '../policy/graph.ts';
import { recentTargets } from '../store/attempts.ts';
import type { Db } from '../store/db.ts';
import { actingTargets } from '../store/due.ts';
import type { Incident } from '../store/incidents.ts';
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

interface Fleet {
  graph: Graph;
  asks: ReturnType<typeof asksOf>;
  /** Those that may be acted on. */
  size: number;
  depths: Map<TargetId, number>;
}

/** What follows from a list alone is found out once for all that ask about it: it may have thousands of targets. */
const fleets = new WeakMap<readonly Target[], Fleet>();

export function fleetOf(targets: readonly Target[]): Fleet {
  const known = fleets.get(targets);
  if (known !== undefined) return known;
  const fleet: Fleet = {
    graph: graphOf(targets),
    asks: asksOf(targets),
    size: targets.filter(mayBeActedOn).length,
    depths: new Map(),
  };
  fleets.set(targets, fleet);
  return fleet;
}

/**
 * Keeps how deep in the dependencies a target stands, for the order of the queue. To be called before the facts are read,
 * in the same transaction; where the platform does not say, it stays as it was.
 */
export function noteDepth(db: Db, { id, target, depth }: Incident, listed: Listed): void {
  if (target === null || !('targets' in listed)) return;
  const { graph, depths } = fleetOf(listed.targets);
  if (!graph.has(target)) return;
  const now = depthOf(graph, target, depths);
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
  const { graph, size } = fleetOf('targets' in listed ? listed.targets : []);
  const { target } = incident;
  return {
    limits,
    acting,
    actingInTree: target === null ? [] : acting.filter((other) => related(graph, target, other)),
    queuedBefore: queuedBefore(db, incident).map(String),
    recent: recentTargets(db, now - limits.targets.per).filter((one) => one.target !== target),
    size: 'unknown' in listed ? listed : { known: size },
  };
}

/** Whether the bot may act on a target at all (G11). */
export function mayBeActedOn({ labels, protectedBecause }: Target): boolean {
  const optIn = readOptIn(labels);
  return protectedBecause === null && 'enabled' in optIn && optIn.enabled;
}
