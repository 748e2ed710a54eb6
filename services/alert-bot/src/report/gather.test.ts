import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { closeIncident } from '../decision/conclude.ts';
import { anIncident, NOON, temporaryLog } from '../testing/log.ts';
import { gatherReport } from './gather.ts';
import { aNight, HOUR, heal, MINUTE, NIGHT } from './night.fixture.ts';
import { reportShape } from './report.ts';

const around = { now: () => NOON, breathe: async () => {}, standings: async () => [] };

test('a night is told with what it healed, what waits and what was left alone', async () => {
  using log = temporaryLog();
  aNight(log.db);
  const report = await gatherReport(
    {
      ...around,
      db: log.db,
      standings: async () => [
        {
          id: 'supervisor:api',
          quarantined: false,
          budgets: [
            { per: HOUR, attempts: 3, left: 1 },
            { per: 24 * HOUR, attempts: 6, left: 4 },
          ],
        },
        { id: 'supervisor:rest', quarantined: false, budgets: [{ per: HOUR, attempts: 1, left: 1 }] },
      ],
    },
    NIGHT,
  );
  expect(report.counts).toEqual({
    opened: 9,
    closed: { healed: 3, recovered: 1, handed_over: 0, dismissed: 2 },
    attempts: 3,
  });
  expect(report.openedBy).toEqual({ slot: HOUR, counts: [0, 1, 0, 2, 1, 2, 0, 0, 1, 2] });
  expect(
    report.healed.map(({ target, took, attempts, weakProof }) => [target, took, attempts, weakProof]),
  ).toEqual([
    ['supervisor:api', 41_000, 1, null],
    ['supervisor:api', 62_000, 1, null],
    ['supervisor:payments', 12_000, 1, 'no_traffic'],
  ]);
  expect(report.medianHeal).toBe(41_000);
  expect(report.recurring).toEqual([
    {
      target: 'supervisor:api',
      healed: 2,
      handedOver: 0,
      last: NIGHT.from + 3 * HOUR + 62_000,
      told: false,
    },
  ]);
  expect(report.waiting).toMatchObject([
    { target: 'supervisor:shop', kind: 'question', until: NIGHT.to + 20 * MINUTE },
    { target: 'supervisor:queue', kind: 'page', reason: 'budget_exhausted', acknowledgedBy: 'ada' },
  ]);
  expect(report.ofWaiting).toBe(2);
  expect(report.quarantines).toEqual([{ target: 'supervisor:queue', until: NIGHT.to + HOUR }]);
  expect(report.pauses).toEqual([
    { scope: 'target:supervisor:mail', by: 'bo', why: 'moving it', until: null },
  ]);
  expect(report.held).toMatchObject([
    { reason: 'maintenance', count: 1, examples: [{ target: 'supervisor:held' }] },
  ]);
  expect(report.leftAlone).toMatchObject([
    {
      reason: 'not_opted_in',
      count: 2,
      examples: [{ target: 'supervisor:db' }, { target: 'supervisor:mail' }],
    },
    { reason: 'silenced', count: 1, examples: [{ target: 'supervisor:cache' }] },
  ]);
  expect(report.budgets).toEqual([{ target: 'supervisor:api', per: HOUR, attempts: 3, left: 1 }]);
  // What a client reads is what was gathered.
  const sent: unknown = JSON.parse(JSON.stringify(z.encode(reportShape, report)));
  expect(reportShape.parse(sent)).toEqual(report);
});

test('the time begins with its first millisecond and ends before its last', async () => {
  using log = temporaryLog();
  heal(log.db, 'supervisor:first', NIGHT.from - 1_000, 1_000);
  heal(log.db, 'supervisor:last', NIGHT.to - 1_000, 1_000);
  const { healed } = await gatherReport({ ...around, db: log.db }, NIGHT);
  expect(healed.map(({ target }) => target)).toEqual(['supervisor:first']);
});

test('many that were closed at once are each counted once, and others have their turn meanwhile', async () => {
  using log = temporaryLog();
  log.db.transaction(() => {
    for (let i = 0; i < 1_203; i++)
      closeIncident(
        log.db,
        anIncident(log.db, { target: null }, NIGHT.from),
        'dismissed',
        { reason: 'no_playbook' },
        NIGHT.from + HOUR,
      );
  })();
  const breathe = vi.fn(async () => {});
  const report = await gatherReport({ ...around, db: log.db, breathe }, NIGHT);
  expect(report.counts.closed.dismissed).toBe(1_203);
  expect(report.leftAlone).toMatchObject([{ count: 1_203, examples: [{ id: 1 }, { id: 2 }, { id: 3 }] }]);
  // Three pages and ten slots.
  expect(breathe.mock.calls.length).toBeGreaterThanOrEqual(13);
});

test('a platform that is away leaves the budgets unknown, and nothing else', async () => {
  using log = temporaryLog();
  heal(log.db, 'supervisor:api', NIGHT.from, 1_000);
  const report = await gatherReport({ ...around, db: log.db, standings: async () => null }, NIGHT);
  expect(report.budgets).toBeNull();
  expect(report.counts.closed.healed).toBe(1);
});
