import type { Deps } from '../deps.ts';
import type { DependencyFacts } from '../domain/facts.ts';
import { PlatformError } from '../domain/platform.ts';
import type { AlertReading } from '../domain/signals.ts';
import { type Dependency, type Target, whyUnwell } from '../domain/target.ts';
import { graphOf, inCycle } from '../policy/graph.ts';
import { openIncidentOf } from '../store/incidents.ts';
import type { Listed } from './fleet.ts';

export type DependencyStates = DependencyFacts['all'];

/**
 * Asks how each dependency of a target is doing (G7): its instances, an open incident of it, an alert about
 * it. What cannot be asked is unknown, which blocks.
 */
export function askDependencies(
  deps: Deps,
  target: Target | null,
  reading: AlertReading | null,
  listed: Listed,
): Promise<DependencyStates> {
  const graph = graphOf('targets' in listed ? listed.targets : []);
  return Promise.all(
    (target?.dependsOn ?? []).map(async (dependency) => ({
      id: dependency.id,
      inCycle: target !== null && inCycle(graph, target.id, dependency.id),
      state: await stateOf(deps, dependency, reading),
    })),
  );
}

async function stateOf(
  deps: Deps,
  { id, condition }: Dependency,
  reading: AlertReading | null,
): Promise<DependencyStates[number]['state']> {
  try {
    const target = await deps.platform.inspect(id);
    const unwell = whyUnwell(target, condition);
    if (unwell !== null) return { unwell };
    const incident = openIncidentOf(deps.db, id);
    if (incident !== undefined) return { unwell: `incident ${incident.id} is open` };
    const alert = [...(reading?.alerts.values() ?? [])].find(
      (one) => one.state === 'active' && one.labels['service'] === target.service,
    );
    if (alert !== undefined) return { unwell: `${alert.labels['alertname']} fires` };
    return { wellSince: Math.max(0, ...target.instances.map((instance) => instance.startedAt ?? 0)) };
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    return error.code === 'not_found' ? { unwell: 'is gone' } : { unknown: error.message };
  }
}
