import type { Dependency, Instance, Target, TargetId } from '../../domain/target.ts';
import { parseDependsOn, parseOwnDependsOn } from './depends-on.ts';
import { composeOf, containerId, nameOf, serviceId } from './identity.ts';
import { mergeLabels } from './labels.ts';
import type { Inspected, Listed } from './shapes.ts';

/** A container as it was listed, and as it is. */
export interface Seen {
  listed: Listed;
  inspected: Inspected;
}

/** The containers of one service, or one container outside of Compose. */
export function toTarget(
  id: TargetId,
  seen: readonly [Seen, ...Seen[]],
  protectedBecause: string | null,
): Target {
  const [{ listed }] = seen;
  return {
    id,
    service: composeOf(listed)?.service ?? nameOf(listed),
    labels: mergeLabels(seen.map((one) => one.listed.Labels)),
    instances: seen.map((one) => toInstance(one.inspected)),
    dependsOn: dependenciesOf(seen.map((one) => one.listed)),
    protectedBecause,
  };
}

export function toInstance({ Id, Created, Name, RestartCount, State, HostConfig }: Inspected): Instance {
  // The engine calls it running also while it is paused, and while its restart policy waits with the next try.
  const running = State.Running && !State.Restarting && !State.Paused;
  return {
    id: Id,
    name: Name,
    running,
    createdAt: Created,
    startedAt: State.StartedAt,
    finishedAt: State.FinishedAt,
    restartCount: RestartCount,
    exitCode: hasEnded(State) ? State.ExitCode : null,
    atRest: whyAtRest(State, HostConfig.RestartPolicy?.Name ?? 'no'),
    health: State.Health?.Status ?? 'none',
    healthDetail: State.Health?.Log?.at(-1)?.Output.trim() ?? '',
  };
}

/** The engine's exit code is 0 also of what runs, is paused or was never started: none of these finished well. */
const hasEnded = (state: Inspected['State']): boolean =>
  state.StartedAt !== null && (!state.Running || state.Restarting);

/** Exit codes of what was asked to end: it did so, or SIGTERM or SIGKILL ended it. */
const ASKED_TO_END = [0, 143, 137];

/**
 * The engine does not say who stopped a container. It revives what crashes under `always` and `unless-stopped`, so
 * what lies there was stopped by somebody. Under the other policies the exit code has to tell, and one that both a
 * stop and a crash can leave counts as a stop: what a person stopped is never started, and what crashed so is a
 * person's to start.
 */
function whyAtRest(state: Inspected['State'], policy: string): string | null {
  if (state.Paused) return 'is paused';
  // Between two tries of its restart policy: its own trouble. With an error: it could not be started.
  if (state.Restarting || state.Error !== '') return null;
  if (['created', 'removing', 'dead'].includes(state.Status)) return `is ${state.Status}`;
  if (state.Status !== 'exited') return null;
  if (policy === 'always' || policy === 'unless-stopped')
    return `was stopped: the engine would have revived it from a crash (restart: ${policy})`;
  const asked = ASKED_TO_END.includes(state.ExitCode) && !state.OOMKilled;
  return asked ? `ended with exit code ${state.ExitCode}, as after a stop` : null;
}

/** Everything that any of its containers depends on; twice with different conditions where they differ. */
function dependenciesOf(containers: readonly Listed[]): readonly Dependency[] {
  const found = new Map<string, Dependency>();
  for (const container of containers) {
    const project = composeOf(container)?.project;
    const entries = [
      ...parseDependsOn(container.Labels['com.docker.compose.depends_on']),
      ...parseOwnDependsOn(container.Labels['alert-bot.depends-on']),
    ];
    for (const { service, condition } of entries) {
      const id = project === undefined ? containerId(service) : serviceId(project, service);
      found.set(`${id} ${condition}`, { id, condition });
    }
  }
  return [...found.values()];
}
