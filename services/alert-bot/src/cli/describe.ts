import { formatDuration } from '../domain/duration.ts';
import { type Playbook, type PlaybookFile, type Step, windowInWords } from '../domain/playbook.ts';

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
    ...maintenance.map((window) => `maintenance ${windowInWords(window)}: nothing is acted on`),
  ];
}

const step = (one: Step): string =>
  one.kind === 'escalate'
    ? 'tell a person'
    : `restart (${formatDuration(one.timeout)} to stop) up to ${one.attempts}×`;
