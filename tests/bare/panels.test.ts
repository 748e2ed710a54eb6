import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../scripts/stack/until.ts';
import { readDashboards } from '../names/support/grafana.ts';
import { silentPanels } from '../names/support/panels.ts';
import { startTraffic } from '../names/support/traffic.ts';
import { closed } from './support/bot.ts';
import { type Loop, startLoop } from './support/loop.ts';

let loop: Loop;
beforeAll(async () => {
  loop = await startLoop();
});
afterAll(() => loop?.stop());

/** Filled by what does not happen in this story, or by parts that are not in this stack (tests/docker/all.test.ts). */
const EMPTY_HERE = [
  // Nothing is down and no alert fires when it is over.
  'overview / What fires',
  // Nobody scrapes the users here.
  'overview / What users get',
  'overview / What users wait',
  'overview / Users',
];

it('has data for each panel about services and remediation after one healed trouble', async () => {
  await loop.calm();
  await using _users = await startTraffic(loop.stack.addresses.api);
  loop.api.use();
  await loop.api.break({ kind: 'errors', rate: 0.9 });
  await loop.incident('closed', closed);

  // Without slo: the bare run does not record what its panels show.
  const boards = readDashboards().filter(({ uid }) => ['overview', 'api', 'remediation'].includes(uid));
  const silent = async () =>
    (await silentPanels(loop.stack.addresses.prometheus, boards))
      .map(({ panel }) => panel)
      .filter((panel) => !EMPTY_HERE.includes(panel));
  await until(async () => (await silent()).length === 0, {
    what: 'every panel to have data',
    withinMs: 30_000,
  }).catch(async () => expect(await silent()).toEqual([]));
});
