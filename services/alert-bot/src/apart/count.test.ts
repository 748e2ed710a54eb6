import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { closeIncident } from '../decision/conclude.ts';
import { spanOf } from '../store/hours.ts';
import { matchingStretches } from '../store/matching-hours.ts';
import { anIncident, NOON, type TestLog, temporaryLog } from '../testing/log.ts';
import { type Asked, createCounts } from './count.ts';

const span = spanOf(NOON, NOON + 7_200_000, 1);
const of = (service: string): Asked => ({ filter: { service }, span });

function filled(): TestLog {
  const log = temporaryLog();
  for (const service of ['api', 'api', 'payments']) {
    const one = anIncident(log.db, { target: null, service });
    closeIncident(log.db, one, 'healed', {}, NOON + 9_000);
  }
  return log;
}

function counting(db: { name: string }, limits: Parameters<typeof createCounts>[2] = {}) {
  const stopping = new AbortController();
  const counts = createCounts(db, stopping.signal, limits);
  return Object.assign(counts, {
    stop: () => stopping.abort(),
    [Symbol.dispose]: () => stopping.abort(),
  });
}

describe('counting for charts', () => {
  test('a thread counts what matches, while the bot writes on', async () => {
    using log = filled();
    using counts = counting(log.db);
    expect(counts.running()).toBe(false);
    const first = await counts.count(of('api'));
    expect(first).toEqual({ stretches: matchingStretches(log.db, of('api').filter, span, () => false) });
    anIncident(log.db, { target: null });
    closeIncident(log.db, anIncident(log.db, { target: null }), 'dismissed', {}, NOON + 10_000);
    expect(await counts.count(of('api'))).toMatchObject({
      stretches: [{ closed: { healed: 2, dismissed: 1 } }, {}, {}],
    });
  });

  test('the thread ends when nobody has asked for a while, and is there again when somebody does', async () => {
    using log = filled();
    using counts = counting(log.db, { idle: 1 });
    for (let i = 0; i < 2; i++) {
      expect(await counts.count(of('api'))).toMatchObject({ stretches: [{ closed: { healed: 2 } }, {}, {}] });
      await vi.waitFor(() => expect(counts.running()).toBe(false));
    }
  });

  test('questions wait for each other, few of them, and the same one is asked once', async () => {
    using log = filled();
    using counts = counting(log.db);
    const asked = ['api', 'payments', 'a', 'b'].map((service) => counts.count(of(service)));
    expect(counts.count(of('api'))).toBe(asked[0]);
    expect(await counts.count(of('c'))).toEqual({ refused: 'busy' });
    const healed = (await Promise.all(asked)).map(
      (one) => 'stretches' in one && one.stretches[0]?.closed.healed,
    );
    expect(healed).toEqual([2, 1, 0, 0]);
    expect(await counts.count(of('c'))).toHaveProperty('stretches');
  });

  test('one that takes too long gives up by itself, and the next is answered', async () => {
    using log = filled();
    using counts = counting(log.db, { atMost: -1 });
    for (let i = 0; i < 2; i++) expect(await counts.count(of('api'))).toEqual({ refused: 'too_long' });
    expect(counts.running()).toBe(true);
  });

  test('a thread that does not even give up is ended', async () => {
    using log = filled();
    using counts = counting(log.db, { atMost: -1, grace: 1 });
    expect(await counts.count(of('api'))).toEqual({ refused: 'too_long' });
    expect(counts.running()).toBe(false);
  });

  test('a thread that fails is told, and the bot goes on', async () => {
    using log = filled();
    using counts = counting({ name: join(log.folder, 'gone.db') });
    for (let i = 0; i < 2; i++) await expect(counts.count(of('api'))).rejects.toThrow('unable to open');
    expect(counts.running()).toBe(false);
  });

  test('ends with the bot', async () => {
    using log = filled();
    using counts = counting(log.db);
    await counts.count(of('api'));
    counts.stop();
    expect(counts.running()).toBe(false);
    expect(await counts.count(of('api'))).toEqual({ refused: 'busy' });
  });
});
