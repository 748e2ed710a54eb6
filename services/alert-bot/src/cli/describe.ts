import { formatDuration } from '../domain/duration.ts';
import type { Playbook, Step } from '../domain/playbook.ts';

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

const step = (one: Step): string =>
  one.kind === 'escalate'
    ? 'tell a person'
    : `restart (${formatDuration(one.timeout)} to stop) up to ${one.attempts}×`;
