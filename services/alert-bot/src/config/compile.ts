import { type MaintenanceWindow, type Playbook, type Step, WEEKDAYS } from '../domain/playbook.ts';
import type { WrittenMaintenance, WrittenPlaybook } from './playbook-schema.ts';
import type { FileLimits, Settings } from './settings.ts';

/** What a `restart` step has where it says nothing. Ten seconds are Docker's own grace time. */
export const RESTART = { timeout: 10_000, attempts: 3 } as const;

/** Makes a checked playbook into what the bot works with. */
export function compilePlaybook(written: WrittenPlaybook, settled: Settings, file: FileLimits): Playbook {
  const { mode, prove, ...limits } = settled;
  const { deferAtMost, approveWithin, settle } = file;
  const { query, above } = written.prove ?? {};
  return {
    name: written.name,
    mode,
    matchers: written.matchers.map(({ text }) => text),
    matches: (labels) => written.matchers.every((matcher) => matcher.matches(labels)),
    service: written.target.service,
    steps: written.steps.map(toStep),
    limits: { ...limits, deferAtMost, approveWithin, settle },
    prove: { ...prove, query: query === undefined || above === undefined ? null : { query, above } },
  };
}

/** Makes a checked maintenance window into what the bot works with; without days it opens on each. */
export const compileWindow = (written: WrittenMaintenance): MaintenanceWindow => ({
  ...written,
  days: written.days ?? WEEKDAYS,
  services: written.services ?? null,
  playbooks: written.playbooks ?? null,
});

function toStep({ restart }: WrittenPlaybook['steps'][number]): Step {
  if (restart === undefined) return { kind: 'escalate' };
  return {
    kind: 'restart',
    timeout: restart.timeout ?? RESTART.timeout,
    attempts: restart.attempts ?? RESTART.attempts,
  };
}
