import type { Listed } from './shapes.ts';

/** A full id out of one hexadecimal digit. */
export const idOf = (digit: string): string => digit.repeat(64);

/** A container as the engine lists it; `shop/api` is a service of Compose, a name alone is outside of it. */
export function listed(digit: string, name: string, more: Partial<Listed> = {}): Listed {
  const [project, service] = name.split('/');
  const compose =
    service === undefined || project === undefined
      ? {}
      : { 'com.docker.compose.project': project, 'com.docker.compose.service': service };
  return {
    Id: idOf(digit),
    Names: [`/${name.replace('/', '-')}`],
    Image: 'node:24',
    HostConfig: { NetworkMode: 'default' },
    Mounts: [],
    ...more,
    Labels: { ...compose, ...more.Labels },
  };
}

/** Compose's label for what a service depends on. */
export const dependsOn = (...services: string[]): { Labels: Record<string, string> } => ({
  Labels: {
    'com.docker.compose.depends_on': services.map((name) => `${name}:service_started:false`).join(','),
  },
});
