import { join } from 'node:path';
import { docker, NODE_IMAGE, SOCKET } from './containers.ts';

const REPOSITORY = join(import.meta.dirname, '../../..');
const ADAPTER = 'services/alert-bot/src/platforms/docker/docker.ts';

/** What `findSelf` answers, and of which container, run in a container that is removed afterwards. */
export async function findSelfInside(args: readonly string[]): Promise<unknown> {
  const script = `
    import { findSelf } from '/repository/${ADAPTER}';
    const self = await findSelf('unix:///var/run/docker.sock');
    console.log(JSON.stringify({ ...self, ids: [...(self.ids ?? [])] }));`;
  const printed = await docker(
    'run',
    '--rm',
    `--volume=${REPOSITORY}:/repository:ro`,
    `--volume=${SOCKET}:/var/run/docker.sock`,
    ...args,
    NODE_IMAGE,
    'node',
    '--input-type=module',
    '--eval',
    script,
  );
  const found: unknown = JSON.parse(printed);
  return found;
}

/** A process of its own that acts on a container, to be killed in the middle of it. */
export function actScript(verb: 'restart' | 'start', id: string, grace: number): string {
  return `
    import { createDocker } from '${join(REPOSITORY, ADAPTER)}';
    const platform = createDocker({ url: 'unix://${SOCKET}', self: { kind: 'host', project: null } });
    console.log('calling');
    await platform.act('${verb}', '${id}', ${grace}, 60_000);`;
}
