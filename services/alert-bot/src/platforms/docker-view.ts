import type { Dependency, Instance, Target, TargetId } from '../domain/target.ts';
import { parseDependsOn, parseOwnDependsOn } from './docker-depends-on.ts';
import { composeOf, containerId, nameOf, serviceId } from './docker-identity.ts';
import { mergeLabels } from './docker-labels.ts';
import type { Inspected, Listed } from './docker-shapes.ts';

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

export function toInstance({ Id, Name, RestartCount, State }: Inspected): Instance {
  // The engine calls it running also while it is paused, and while its restart policy waits with the next try.
  const running = State.Running && !State.Restarting && !State.Paused;
  return {
    id: Id,
    name: Name,
    running,
    startedAt: State.StartedAt,
    finishedAt: State.FinishedAt,
    restartCount: RestartCount,
    exitCode: hasEnded(State) ? State.ExitCode : null,
    health: State.Health?.Status ?? 'none',
    healthDetail: State.Health?.Log?.at(-1)?.Output.trim() ?? '',
  };
}

/** The engine's exit code is 0 also of what runs, is paused or was never started: none of these finished well. */
const hasEnded = (state: Inspected['State']): boolean =>
  state.StartedAt !== null && (!state.Running || state.Restarting);

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
