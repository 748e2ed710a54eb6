import type { TargetId } from '../../domain/target.ts';
import type { Listed } from './shapes.ts';

const PROJECT = 'com.docker.compose.project';
const SERVICE = 'com.docker.compose.service';
const ONE_OFF = 'com.docker.compose.oneoff';

/** A container's place in Compose, or null outside of it. */
export function composeOf({ Labels }: Listed): { project: string; service: string } | null {
  const project = Labels[PROJECT];
  const service = Labels[SERVICE];
  return project === undefined || service === undefined ? null : { project, service };
}

/** Made by `docker compose run`: somebody's errand, no part of the service. */
export const isOneOff = ({ Labels }: Listed): boolean => Labels[ONE_OFF]?.toLowerCase() === 'true';

/** Its own name; the engine also lists names that links gave it, such as `/web/db`. */
export function nameOf({ Id, Names }: Listed): string {
  const own = Names.find((name) => name.lastIndexOf('/') <= 0) ?? Id.slice(0, 12);
  return own.replace(/^\//, '');
}

/** Numbered as Compose does it; containers outside of Compose are alone in their target. */
export const replicaOf = ({ Labels }: Listed): number =>
  Number(Labels['com.docker.compose.container-number'] ?? 0) || 0;

export const serviceId = (project: string, service: string): TargetId =>
  `docker:service:${project}/${service}`;
export const containerId = (name: string): TargetId => `docker:container:${name}`;

/** The target that a container belongs to. */
export function targetIdOf(container: Listed): TargetId {
  const compose = composeOf(container);
  return compose === null ? containerId(nameOf(container)) : serviceId(compose.project, compose.service);
}

/**
 * The target that a playbook's `service` means: `api` in the bot's own project, `shop/api` in another,
 * `container:redis` outside of Compose. A bot without a project knows only containers by a bare name.
 */
export function targetIdFor(service: string, ownProject: string | null): TargetId {
  if (service.startsWith('container:')) return containerId(service.slice('container:'.length));
  const slash = service.indexOf('/');
  if (slash > 0) return serviceId(service.slice(0, slash), service.slice(slash + 1));
  return ownProject === null ? containerId(service) : serviceId(ownProject, service);
}
