import type { ServicePlan, Theme } from './plan.ts';
import type { Random } from './random.ts';

const NAMES = ['db', 'cache', 'queue', 'payments', 'api', 'web', 'jobs', 'mail'];

/** 3 to 8 services; each may depend on earlier ones, and some graphs are closed to a cycle. */
export function makeServices(random: Random, theme: Theme): ServicePlan[] {
  const count = theme === 'storm' ? random.int(6, 8) : random.pick([3, 4, 4, 5, 5, 6, 8]);
  const hasCycle = theme === 'dependencies' ? random.chance(0.4) : random.chance(0.15);
  const linked = theme === 'dependencies' ? 0.7 : 0.35;
  const services = NAMES.slice(0, count).map((name, i): ServicePlan => {
    const dependsOn = NAMES.slice(0, i)
      .filter(() => random.chance(linked / Math.max(1, i / 2)))
      .map((service) => ({ service, condition: random.pick(['started', 'healthy'] as const) }));
    if (hasCycle && i === 0)
      dependsOn.push({ service: NAMES[random.int(1, count - 1)] ?? 'cache', condition: 'started' });
    return {
      name,
      project: 'shop',
      replicas: Number(random.weighted({ '1': 6, '2': 3, '3': 1 })),
      dependsOn,
      // The first two may always be acted on: a run without that says little.
      labels: i < 2 ? { 'alert-bot.enable': 'true' } : makeLabels(random, theme),
      protectedBecause: i >= 2 && random.chance(0.08) ? 'the bot needs it' : null,
      hasHealthCheck: random.chance(0.6),
      hasDownRule: random.chance(0.7),
      restarts: random.chance(0.25),
      stopTakes: random.int(50, 1_500),
      startTakes: random.int(50, 1_200),
      warmsUp: random.int(200, 4_000),
      severity: random.pick(['critical', 'warning', 'info']),
    };
  });
  return theme === 'odd' ? [...services, ...twins(services)] : services;
}

/** Two services of one name: what names them names none. */
function twins(services: readonly ServicePlan[]): ServicePlan[] {
  const [first] = services;
  if (first === undefined) return [];
  return ['shop', 'other'].map((project) => ({
    ...first,
    name: 'twin',
    project,
    replicas: 1,
    dependsOn: [],
    protectedBecause: null,
    labels: { 'alert-bot.enable': 'true' },
  }));
}

function makeLabels(random: Random, theme: Theme): Record<string, string> {
  const labels: Record<string, string> = {};
  if (random.chance(0.85)) labels['alert-bot.enable'] = 'true';
  else if (random.chance(0.5)) labels['alert-bot.enable'] = 'false';
  const narrow = theme === 'odd' ? 0.25 : 0.05;
  if (random.chance(narrow)) labels['alert-bot.mode'] = random.pick(['observe', 'approve', 'act']);
  if (random.chance(narrow)) labels['alert-bot.budget'] = random.pick(['1 per 2m', '2 per 3m']);
  if (random.chance(narrow)) labels['alert-bot.cooldown'] = random.pick(['30s', '1m']);
  if (random.chance(narrow)) labels['alert-bot.playbooks'] = random.pick(['errors', 'down', 'errors, down']);
  if (random.chance(narrow / 3)) labels['alert-bot.budgets'] = '3 per 1m';
  return labels;
}
