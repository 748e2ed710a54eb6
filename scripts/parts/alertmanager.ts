import { join } from 'node:path';
import { partEnvironment } from '../stack/environment.ts';
import type { PartSpec } from '../stack/part.ts';
import { type Places, repository } from '../stack/places.ts';
import { answersWell } from '../stack/until.ts';
import { tool } from '../tools.ts';

/** `host:port` of each. */
export type Gossip = { listen: string; advertise: string; peer?: string };

/** Without `gossip` it stands alone. */
export async function alertmanagerPart(places: Places, port: number, gossip?: Gossip): Promise<PartSpec> {
  const { path, cwd = repository, env } = await tool('alertmanager');
  return {
    name: 'alertmanager',
    command: path,
    args: [
      `--config.file=${join(places.rendered, 'alertmanager.yml')}`,
      `--storage.path=${places.alertmanagerData}`,
      `--web.listen-address=127.0.0.1:${port}`,
      `--web.external-url=http://127.0.0.1:${port}`,
      ...(gossip === undefined ? ALONE : clustered(gossip)),
    ],
    cwd,
    env: partEnvironment(env),
    logFile: join(places.logs, 'alertmanager.log'),
    ready: () => answersWell(`http://127.0.0.1:${port}/-/ready`),
  };
}

/** Empty: a single one has nobody to gossip with, and needs no second port. */
const ALONE = ['--cluster.listen-address='];

/** Quick to find each other and to notice a loss. */
const clustered = ({ listen, advertise, peer }: Gossip): string[] => [
  `--cluster.listen-address=${listen}`,
  `--cluster.advertise-address=${advertise}`,
  ...(peer === undefined ? [] : [`--cluster.peer=${peer}`]),
  '--cluster.settle-timeout=2s',
  '--cluster.peer-timeout=2s',
  '--cluster.probe-interval=500ms',
  '--cluster.probe-timeout=250ms',
];
