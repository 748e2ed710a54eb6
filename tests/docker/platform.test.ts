import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDocker } from '../../services/alert-bot/src/platforms/docker.ts';
import {
  type PlatformUnderTest,
  platformContract,
} from '../../services/alert-bot/src/platforms/platform.contract.ts';
import { openProject, SOCKET, STAYS, STUBBORN } from './support/containers.ts';

async function startDocker(): Promise<PlatformUnderTest> {
  const project = await openProject();
  const folder = mkdtempSync(join(tmpdir(), 'docker-'));
  const bound = join(folder, 'bound');
  writeFileSync(bound, '');
  await Promise.all([
    project.start({
      service: 'steady',
      labels: { 'alert-bot.enable': 'true' },
      script: `for (let i = 0; i < 200; i++) console.log('line', i); ${STAYS}`,
    }),
    project.start({ service: 'stubborn', script: STUBBORN }),
    project.start({ service: 'ended', script: 'process.exit(3)' }),
    project.start({ service: 'spoilable', args: [`--mount=type=bind,source=${bound},target=/bound`] }),
  ]);
  return {
    socketPath: SOCKET,
    connect: (path, atMost) =>
      createDocker({ url: `unix://${path}`, self: { kind: 'host', project: project.project }, atMost }),
    services: { steady: 'steady', stubborn: 'stubborn', ended: 'ended', spoilable: 'spoilable' },
    spoil: async () => rmSync(bound),
    unknownInstance: '0'.repeat(64),
    countsRestarts: false,
    async [Symbol.asyncDispose]() {
      await project[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

platformContract('docker', startDocker);
