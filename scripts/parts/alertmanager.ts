import { join } from 'node:path';
import { partEnvironment } from '../stack/environment.ts';
import type { PartSpec } from '../stack/part.ts';
import { type Places, repository } from '../stack/places.ts';
import { answersWell } from '../stack/until.ts';
import { tool } from '../tools.ts';

export async function alertmanagerPart(places: Places, port: number): Promise<PartSpec> {
  const { path, cwd = repository, env } = await tool('alertmanager');
  return {
    name: 'alertmanager',
    command: path,
    args: [
      `--config.file=${join(places.rendered, 'alertmanager.yml')}`,
      `--storage.path=${places.alertmanagerData}`,
      `--web.listen-address=127.0.0.1:${port}`,
      `--web.external-url=http://127.0.0.1:${port}`,
      // Empty: a single one has nobody to gossip with, and needs no second port.
      '--cluster.listen-address=',
    ],
    cwd,
    env: partEnvironment(env),
    logFile: join(places.logs, 'alertmanager.log'),
    ready: () => answersWell(`http://127.0.0.1:${port}/-/ready`),
  };
}
