import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../scripts/stack/until.ts';
import { type Alerting, startAlerting } from './support/alerting.ts';
import { down, EAGER, endsWell } from './support/ends-well.ts';

// The routes as shipped, nothing divided. tests/bare/abuse.test.ts has the same in half a minute.

const DOWN_MS = 5 * 60_000;
const services = ['down-1', 'down-2', 'down-3'];

let alerting: Alerting;
beforeAll(async () => {
  alerting = await startAlerting({ services, overrides: EAGER, factor: 1 });
});
afterAll(() => alerting?.stop());

it('a bot that is down for five minutes: people are paged as without it, and then it finds what fires', async () => {
  await alerting.bot.kill();
  const began = Date.now();
  await alerting.fire(services.map(down));
  const paged = () => alerting.people.heard('ServiceDown').length === services.length;
  await until(paged, { what: 'people to be paged', withinMs: DOWN_MS + 60_000, everyMs: 1_000 });
  for (const { at } of alerting.people.heard('ServiceDown'))
    expect(at - began).toBeGreaterThan(DOWN_MS - 1_000);
  for (const service of services) expect(await alerting.happened(service)).toEqual([]);

  await alerting.bot.start();
  await endsWell(alerting, services);
});
