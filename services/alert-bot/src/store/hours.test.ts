import { expect, test } from 'vitest';
import { closeIncident } from '../decision/conclude.ts';
import { anIncident, NOON, temporaryLog } from '../testing/log.ts';
import { medianWithin, stretches } from './hours.ts';

const HOUR = 3_600_000;

test('what happened is counted by the hour, and stays when incidents are gone', () => {
  using log = temporaryLog();
  const { db } = log;
  const closed = (at: number, took: number, outcome: 'healed' | 'dismissed') => {
    const one = anIncident(db, { target: null }, at - took);
    closeIncident(db, one, outcome, {}, at);
  };
  closed(NOON + 10_000, 9_000, 'healed');
  closed(NOON + 20_000, 16_000, 'healed');
  closed(NOON + 30_000, 30_000, 'dismissed');
  closed(NOON + HOUR, 100_000, 'healed');

  const [first, second, ...others] = stretches(db, NOON, NOON + HOUR, 1);
  expect(first).toMatchObject({
    from: NOON,
    opened: 4,
    closed: { healed: 2, dismissed: 1, recovered: 0, handed_over: 0 },
    healed: new Map([[16, 2]]),
  });
  expect(second).toMatchObject({ closed: { healed: 1 }, healed: new Map([[128, 1]]) });
  expect(others).toEqual([]);
  expect(stretches(db, NOON, NOON + HOUR, 2)).toMatchObject([{ closed: { healed: 3, dismissed: 1 } }]);

  db.exec('DELETE FROM events; DELETE FROM incidents');
  expect(stretches(db, NOON, NOON + HOUR, 1)[0]).toMatchObject({ opened: 4 });
});

test('half within: the power of two that half of them stay under', () => {
  expect(medianWithin(new Map())).toBeNull();
  expect(
    medianWithin(
      new Map([
        [8, 1],
        [16, 1],
        [64, 1],
      ]),
    ),
  ).toBe(16);
  expect(
    medianWithin(
      new Map([
        [64, 5],
        [8, 4],
      ]),
    ),
  ).toBe(64);
});
