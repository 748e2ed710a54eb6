import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Millis } from '../../domain/duration.ts';
import { createEngine, type Engine } from './engine.ts';
import { composeOf, nameOf } from './identity.ts';
import type { Listed } from './shapes.ts';

/** Who the bot is among the engine's containers. */
export type Self =
  /** One of these: containers that share a network cannot always be told apart from inside. */
  | { kind: 'container'; ids: ReadonlySet<string>; project: string | null }
  /** None: it was told that it runs outside of containers. */
  | { kind: 'host'; project: string | null }
  | { kind: 'unknown'; why: string };

/** What a process can read of the container it runs in. */
export interface Traces {
  /** /proc/self/cgroup */
  cgroup: string;
  /** /proc/self/mountinfo */
  mountinfo: string;
  hostname: string;
}

const AT_MOST: Millis = 5_000;

/**
 * Finds the bot's own container, without being told: traces name it, the engine confirms it.
 * @throws PlatformError where the engine cannot be asked
 */
export async function findSelf(
  url: string,
  { atMost = AT_MOST, traces = ownTraces() }: { atMost?: Millis; traces?: Traces } = {},
): Promise<Self> {
  const engine: Engine = createEngine(url);
  return selfAmong(await engine.list(atMost), traces, engine.who);
}

/** Who the bot is among these containers; what is not certain is `unknown`, never guessed. */
export function selfAmong(containers: readonly Listed[], traces: Traces, who: string): Self {
  const traced = tracedIds(traces);
  const own = traced
    .map((trace) => ({ ...trace, container: containers.find(({ Id }) => Id.startsWith(trace.id)) }))
    .find((trace) => trace.container !== undefined);
  if (own?.container === undefined)
    return {
      kind: 'unknown',
      why:
        traced.length === 0
          ? 'neither its control group, its mounts nor its host name name a container'
          : `${who} has no container ${traced.map(({ id }) => id.slice(0, 12)).join(', ')}`,
    };
  const { container, exact } = own;
  // These files belong to the container whose network is shared: the bot may be any that shares it.
  const sharing = exact ? [] : containers.filter((other) => sharesNetworkOf(other, container));
  const all = [container, ...sharing];
  const projects = new Set(all.map((one) => composeOf(one)?.project ?? null));
  const [project = null] = projects;
  if (projects.size > 1)
    return { kind: 'unknown', why: `it may be any of ${all.map(nameOf).join(', ')}, of different projects` };
  return { kind: 'container', ids: new Set(all.map(({ Id }) => Id)), project };
}

function sharesNetworkOf(other: Listed, { Id }: Listed): boolean {
  return other.HostConfig?.NetworkMode === `container:${Id}`;
}

/** Ids that the traces name, the surest first. */
function tracedIds({ cgroup, mountinfo, hostname: host }: Traces): readonly { id: string; exact: boolean }[] {
  const ids: { id: string; exact: boolean }[] = [];
  for (const line of cgroup.split('\n')) {
    const id = /(?:^|[/-])([0-9a-f]{64})(?:\.scope)?$/.exec(line)?.[1];
    if (id !== undefined) ids.push({ id, exact: true });
  }
  for (const line of mountinfo.split('\n')) {
    // Only at these places: a log collector's mounts name other containers.
    const [, , , root = '', place = ''] = line.split(' ');
    if (!['/etc/hostname', '/etc/hosts', '/etc/resolv.conf'].includes(place)) continue;
    const id = /\/(?:overlay-)?containers\/([0-9a-f]{64})\//.exec(root)?.[1];
    if (id !== undefined) ids.push({ id, exact: false });
  }
  // What the engine calls a container that was given no host name.
  if (/^[0-9a-f]{12}$/.test(host)) ids.push({ id: host, exact: false });
  return [...new Map(ids.map((one) => [one.id, one])).values()];
}

function ownTraces(): Traces {
  return { cgroup: read('/proc/self/cgroup'), mountinfo: read('/proc/self/mountinfo'), hostname: hostname() };
}

/** Not there outside of Linux. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
