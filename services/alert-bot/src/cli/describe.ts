import { formatDuration, formatTimeOfDay } from '../domain/duration.ts';
import type { MaintenanceWindow, Playbook, PlaybookFile, Step } from '../domain/playbook.ts';

/** What a playbook does, in one line for a person. */
export function describePlaybook({ name, mode, matchers, service, steps, limits, prove }: Playbook): string {
  const budgets = limits.budgets
    .map(({ attempts, per }) => `${attempts} per ${formatDuration(per)}`)
    .join(', ');
  const query = prove.query === null ? '' : `, query not above ${prove.query.above}`;
  return [
    `${name} (${mode}): ${matchers.join(', ')} -> ${service}`,
    steps.map(step).join(', then '),
    `at most ${budgets}`,
    `proven within ${formatDuration(prove.within)}, stable ${formatDuration(prove.stable)}${query}`,
  ].join('; ');
}

/** What holds for the bot as a whole, a line each. */
export function describeLimits({
  limits: { concurrent, targets, storm },
  maintenance,
}: PlaybookFile): string[] {
  return [
    `at once: ${concurrent} ${concurrent === 1 ? 'action' : 'actions'}; in ${formatDuration(targets.per)}: ${targets.count} targets, at most ${targets.percent}% of all; a storm: ${storm.incidents} new incidents in ${formatDuration(storm.per)}, over when none came for ${formatDuration(storm.calm)}`,
    ...maintenance.map(describeWindow),
  ];
}

function describeWindow({ name, zone, days, from, to, services, playbooks }: MaintenanceWindow): string {
  const when = days.length === 7 ? 'every day' : days.join(', ');
  const only = [
    ...(services === null ? [] : [`services ${services.join(', ')}`]),
    ...(playbooks === null ? [] : [`playbooks ${playbooks.join(', ')}`]),
  ];
  const whom = only.length === 0 ? '' : `, only ${only.join(' and ')}`;
  return `maintenance ${name}: ${when} ${formatTimeOfDay(from)} to ${formatTimeOfDay(to)} ${zone}${whom}: nothing is acted on`;
}

const step = (one: Step): string =>
  one.kind === 'escalate'
    ? 'tell a person'
    : `restart (${formatDuration(one.timeout)} to stop) up to ${one.attempts}×`;
