import { expect, test } from 'vitest';
import type { Platform } from '../domain/platform.ts';
import type { Target } from '../domain/target.ts';
import { targetIdFor } from '../platforms/docker/identity.ts';
import { checkTargets } from './targets.ts';

const target = (id: string, service: string, labels: Record<string, string>): Target => ({
  id,
  service,
  labels,
  instances: [],
  dependsOn: [],
  protectedBecause: null,
});

const unasked = () => Promise.reject(new Error('not to be asked'));
const platformOf = (targets: readonly Target[]): Platform => ({
  name: 'docker',
  targetId: (service) => targetIdFor(service, 'shop'),
  list: async () => targets,
  find: unasked,
  inspect: unasked,
  act: unasked,
  logs: unasked,
});

const STRANGER = target('docker:service:other/web', 'web', { 'alert-bot.enable': 'true' });
const MISSPELT = target('docker:service:other/api', 'api', { 'alert-bot.enabel': 'true' });

test('another project’s targets are nothing to this bot, well labelled or not', async () => {
  const ours = target('docker:service:shop/api', 'api', { 'alert-bot.enable': 'true' });
  expect(await checkTargets(platformOf([ours, STRANGER, MISSPELT]), null)).toMatchObject([
    { level: 'ok', what: 'target docker:service:shop/api' },
  ]);
  expect(await checkTargets(platformOf([STRANGER, MISSPELT]), null)).toMatchObject([
    { level: 'fail', what: 'targets' },
  ]);
});
