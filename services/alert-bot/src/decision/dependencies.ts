import type { Deps } from '../deps.ts';
import { isOwn, type Labels } from '../domain/alert.ts';
import type { DependencyFacts } from '../domain/facts.ts';
import { PlatformError } from '../domain/platform.ts';
import { type AlertingRule, type AlertReading, SignalError } from '../domain/signals.ts';
import { type Dependency, type Target, whyUnwell } from '../domain/target.ts';
import { inCycle, needsOf } from '../policy/graph.ts';
import { openIncidentOf } from '../store/incidents.ts';
import { fleetOf, type Listed } from './fleet.ts';

export type DependencyStates = DependencyFacts['all'];

/** What fires or is about to, as Alertmanager and Prometheus have it. */
interface Alerts {
  reading: AlertReading | null;
  rules: readonly AlertingRule[] | { unknown: string };
}

/**
 * Asks how everything is doing that a target depends on (G7), over however many steps: its instances, an open incident of
 * it, an alert about it that fires or is pending. What cannot be asked is unknown, which blocks.
 */
export async function askDependencies(
  deps: Deps,
  target: Target | null,
  reading: AlertReading | null,
  listed: Listed,
): Promise<DependencyStates> {
  if (target === null || target.dependsOn.length === 0) return [];
  const all = 'targets' in listed ? listed.targets : [];
  const { graph, asks } = fleetOf(all);
  const alerts = { reading, rules: await askRules(deps) };
  return Promise.all(
    needsOf(target, asks).map(async (dependency) => ({
      id: dependency.id,
      inCycle: inCycle(graph, target.id, dependency.id),
      state: await stateOf(deps, dependency, alerts),
    })),
  );
}

async function askRules(deps: Deps): Promise<Alerts['rules']> {
  try {
    return await deps.prometheus.rules();
  } catch (error) {
    if (!(error instanceof SignalError)) throw error;
    return { unknown: error.message };
  }
}

async function stateOf(
  deps: Deps,
  { id, condition }: Dependency,
  alerts: Alerts,
): Promise<DependencyStates[number]['state']> {
  try {
    const target = await deps.platform.inspect(id);
    const unwell = whyUnwell(target, condition);
    if (unwell !== null) return { unwell };
    const incident = openIncidentOf(deps.db, id);
    if (incident !== undefined) return { unwell: `incident ${incident.id} is open` };
    const alert = alertAbout(target.service, alerts);
    if (alert !== null) return { unwell: alert };
    if ('unknown' in alerts.rules) return { unknown: alerts.rules.unknown };
    return { wellSince: Math.max(0, ...target.instances.map((instance) => instance.startedAt ?? 0)) };
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    return error.code === 'not_found' ? { unwell: 'is gone' } : { unknown: error.message };
  }
}

/**
 * An alert about a service in a few words, or null. What a person silenced, and what we send ourselves, is none; nor is one
 * labelled `remediation="none"`, which says nothing about how the service is now.
 */
function alertAbout(service: string, { reading, rules }: Alerts): string | null {
  const about = (labels: Labels) =>
    labels['service'] === service && labels['remediation'] !== 'none' && !isOwn(labels);
  const known = [...(reading?.alerts.values() ?? [])].filter(({ labels }) => about(labels));
  const active = known.find(({ state }) => state === 'active');
  if (active !== undefined) return `${active.labels['alertname']} fires`;
  if ('unknown' in rules) return null;
  for (const { name, alerts } of rules)
    for (const { labels, state } of alerts)
      if (about(labels) && known.every((one) => one.labels['alertname'] !== name))
        return `${name} ${state === 'pending' ? 'is pending' : 'fires'}`;
  return null;
}
