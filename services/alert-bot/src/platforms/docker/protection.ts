import { posix } from 'node:path';
import { parseDependsOn } from './depends-on.ts';
import { composeOf, nameOf } from './identity.ts';
import type { Self } from './self.ts';
import type { Listed } from './shapes.ts';

/** What the bot stands on, and how it is found. */
export interface Watchers {
  self: Self;
  /** The engine's own socket, if the bot is connected to it directly. */
  socketPath: string | null;
  /** The host name that the bot reaches the engine under: its proxy, also if that one has other means than the socket. */
  proxyHost: string | null;
}

const MONITORING: readonly string[] = ['prometheus', 'alertmanager'];
/** Where a socket lies whose file is not mounted itself. */
const SOCKET_FOLDERS: readonly string[] = ['/', '/run', '/var/run'];

/**
 * Why each protected container is protected, by id (G11): the bot, what can reach the engine's socket, Prometheus,
 * Alertmanager, and over any number of steps what these depend on. Labels have no say in it.
 */
export function protection(containers: readonly Listed[], watchers: Watchers): Map<string, string> {
  const because = new Map<string, string>();
  const protect = (container: Listed, why: string) => {
    if (because.has(container.Id)) return;
    because.set(container.Id, why);
    for (const dependency of dependenciesOf(container, containers))
      protect(dependency, `${nameOf(container)} depends on it: ${why}`);
  };
  for (const container of containers) {
    const why = rootReason(container, watchers);
    if (why !== null) protect(container, why);
  }
  return because;
}

function rootReason(container: Listed, { self, ...watchers }: Watchers): string | null {
  if (self.kind === 'unknown')
    return `the bot cannot tell which container it is, so it acts on nothing: ${self.why}`;
  if (self.kind === 'container' && self.ids.has(container.Id)) return 'it is the bot itself';
  const socket = mountedSocket(container, watchers.socketPath);
  if (socket !== null) return `it mounts ${socket}, and with it the engine's socket`;
  const compose = composeOf(container);
  const names = [compose?.service, nameOf(container), imageName(container.Image)];
  const monitoring = MONITORING.find((name) => names.includes(name));
  if (monitoring !== undefined) return `the bot depends on ${monitoring}`;
  const ownProject = self.project === null || compose === null || compose.project === self.project;
  if (watchers.proxyHost !== null && ownProject && names.slice(0, 2).includes(watchers.proxyHost))
    return 'the bot reaches the engine through it';
  return null;
}

/** @returns the mount that leads to the engine's socket, whatever it is called inside, or null */
function mountedSocket({ Mounts }: Listed, socketPath: string | null): string | null {
  for (const { Source, Destination } of Mounts) {
    const source = Source ?? '';
    const places = [source, Destination ?? ''];
    if (places.some((place) => posix.basename(place) === 'docker.sock' || place === socketPath))
      return source;
    if (SOCKET_FOLDERS.includes(source)) return source;
    if (socketPath !== null && source !== '' && socketPath.startsWith(`${source}/`)) return source;
  }
  return null;
}

/** `quay.io/prometheus/alertmanager:v0.28.1` → `alertmanager` */
export const imageName = (image: string): string => posix.basename(image).replace(/[:@].*$/, '');

/** Services of the same project by Compose's label, and the container whose network it lives in. */
function dependenciesOf(container: Listed, containers: readonly Listed[]): readonly Listed[] {
  const compose = composeOf(container);
  const services = parseDependsOn(container.Labels['com.docker.compose.depends_on']).map(
    (one) => one.service,
  );
  const network = /^container:(.+)$/.exec(container.HostConfig?.NetworkMode ?? '')?.[1];
  return containers.filter((other) => {
    if (network !== undefined && (other.Id === network || nameOf(other) === network)) return true;
    const place = composeOf(other);
    return place !== null && place.project === compose?.project && services.includes(place.service);
  });
}
