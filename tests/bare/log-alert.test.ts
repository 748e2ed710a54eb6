import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../../scripts/stack/until.ts';
import { startStack } from '../../scripts/stack.ts';
import { temporaryFolder } from '../../services/supervisor/src/harness.ts';
import { mountTmpfs, whyNoMounts } from './support/mounts.ts';
import { startPeople } from './support/people.ts';
import { prometheusClient } from './support/signals.ts';

const ALERT = 'AlertBotLogUnwritable';
const why = whyNoMounts();

test.skipIf(why !== null)(
  `G14: a full disk is told to people by the real rule, and its end is seen too${why === null ? '' : `: not run, ${why}`}`,
  async ({ annotate }) => {
    using folder = temporaryFolder();
    using disk = mountTmpfs('16m', join(folder.path, 'alert-bot'));
    const people = await startPeople();
    const stack = await startStack({ folder: folder.path, people: people.url });
    try {
      const prometheus = prometheusClient(stack.addresses.prometheus);
      const firing = `ALERTS{alertname="${ALERT}",alertstate="firing"}`;
      const writable = () => prometheus.value('min(alert_bot_store_writable)');
      await until(async () => (await writable()) === 1, { what: 'the gauge to be scraped' });
      expect(await prometheus.value(firing)).toBeUndefined();

      const began = performance.now();
      disk.fill();
      await until(async () => (await prometheus.value(firing)) === 1, { what: 'the rule', withinMs: 60_000 });
      const fired = performance.now();
      await until(() => people.heard(ALERT).some(({ status }) => status === 'firing'), {
        what: 'people to hear of it',
        withinMs: 60_000,
      });
      const heard = performance.now();
      expect(await writable()).toBe(0);

      disk.empty();
      await until(async () => (await writable()) === 1, { what: 'the gauge' });
      await until(async () => (await prometheus.value(firing)) === undefined, {
        what: 'the end of the alert',
        withinMs: 120_000,
      });
      const s = (ms: number) => `${((ms - began) / 1_000).toFixed(1)} s`;
      await annotate(
        `the rule fired ${s(fired)} after the disk was full, people heard after ${s(heard)}; durations divided by 5`,
      );
    } finally {
      await stack.stop();
      await people.stop();
    }
  },
);
