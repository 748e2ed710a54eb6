import { join } from 'node:path';
import { until } from '../../../scripts/stack/until.ts';
import { docker, PROXY_IMAGE, type Project } from './containers.ts';
import { rawStatus } from './raw-http.ts';

/** A committed list of what a proxy passes. */
export const allowList = (name: string) => join(import.meta.dirname, '../../../deploy/socket-proxy', name);
const ALLOW_LIST = allowList('allow-list.env');

/** A proxy with a committed list, the bot's unless another is named, on a port of this machine. */
export async function startProxy(project: Project, name: string, mount: string, ...flags: string[]) {
  return startWith(ALLOW_LIST, project, name, mount, ...flags);
}

/** The same with another list. @returns its port */
export async function startWith(
  list: string,
  project: Project,
  name: string,
  mount: string,
  ...flags: string[]
) {
  return start('', list, project, name, mount, flags);
}

/** The same with the bot's list, on a port that stays its own when it is started again. */
export async function startOn(
  port: number,
  project: Project,
  name: string,
  mount: string,
  ...flags: string[]
) {
  return start(String(port), ALLOW_LIST, project, name, mount, flags);
}

async function start(
  wanted: string,
  list: string,
  project: Project,
  name: string,
  mount: string,
  flags: readonly string[],
): Promise<number> {
  const id = await project.start({
    name: `${project.project}-${name}`,
    image: PROXY_IMAGE,
    args: [
      '--user=0:0',
      '--cap-drop=ALL',
      '--read-only',
      '--security-opt=no-new-privileges',
      `--env-file=${list}`,
      `--volume=${mount}`,
      `--publish=127.0.0.1:${wanted}:2375`,
    ],
    command: ['-listenip=0.0.0.0', '-allowfrom=0.0.0.0/0', ...flags],
  });
  const published = await docker('port', id, '2375/tcp');
  const port = Number(published.split(':').at(-1));
  await until(async () => (await rawStatus(port, 'GET', '/_ping')) === 200, { what: 'the proxy to answer' });
  return port;
}
