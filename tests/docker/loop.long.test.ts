import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { closed, reasons } from '../bare/support/bot.ts';
import { Loop } from './support/loop.ts';
import { type Healing, measureHealing, onlyErrors, twentyErrors } from './support/loop-figures.ts';

const RUNS = 5;

/** Of an odd number of values. */
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[(values.length - 1) / 2] ?? Number.NaN;

describe('the loop on the shipped stack, at length', () => {
  let loop: Loop;

  beforeAll(async () => {
    loop = await Loop.start({ kind: 'long' });
  });
  afterAll(() => loop?.stop());

  test.each([twentyErrors, onlyErrors])(
    'healthy again in time: %o',
    { timeout: 1_200_000 },
    async (breakIt) => {
      const runs: Healing[] = [];
      for (let run = 0; run < RUNS; run++) {
        await loop.calm();
        // Calm comes with a scrape: each run begins at another point between two of them.
        await delay(run * 1_000);
        runs.push(await measureHealing(loop, breakIt));
        await loop.incident('api', 'closed', closed, 150_000);
      }
      const healthy = runs.map((run) => run.healthy);
      console.log(
        `${breakIt.name}: median ${median(healthy).toFixed(1)} s, worst ${Math.max(...healthy).toFixed(1)} s`,
      );
      expect(median(healthy)).toBeLessThanOrEqual(30);
      expect(Math.max(...healthy)).toBeLessThanOrEqual(60);
    },
  );

  test('G7: Postgres is away for three minutes under traffic, and the api is not restarted', {
    timeout: 600_000,
  }, async () => {
    await loop.calm();
    const before = await loop.look('api');
    loop.api.use();
    await loop.project.compose('stop', 'postgres');
    await loop.staysAsItIs('api', before, 180);
    expect(await loop.prometheus.alerts()).toContain('HighErrorRate');
    await loop.project.compose('start', 'postgres');
    await loop.staysAsItIs('api', before, async () => (await loop.prometheus.alerts()).length === 0);
    await loop.staysAsItIs('api', before, 60);
    await loop.api.silence();
    const incident = await loop.incident('api', 'closed', closed);
    expect(reasons(incident)).toContain('dependency_unhealthy');
    expect(incident).toMatchObject({ outcome: 'recovered', attempts: [] });
    expect(await loop.heard()).toEqual([]);
  });
});
