import { describe, expect, test } from 'vitest';
import type { Instant, Millis } from '../domain/duration.ts';
import { reportNotice } from '../domain/notice.ts';
import type { Db } from '../store/db.ts';
import { dueNotice, noticeOf, recordSent, wantNotices } from '../store/notices.ts';
import { pruneNotices } from '../store/retention.ts';
import { NOON, temporaryLog } from '../testing/log.ts';
import { lastDue, writeDueReport } from './daily.ts';

const HOUR: Millis = 3_600_000;
const DAY: Millis = 24 * HOUR;
const SEVEN = { minutes: 7 * 60, zone: 'UTC' };
const at = (written: string): Instant => Date.parse(written);

/** Looks once, at a log time; `behind` so much the wall clock is behind it. */
const look = (db: Db, now: Instant, { behind = 0, jumped = false } = {}, schedule = SEVEN) =>
  writeDueReport(
    {
      db,
      now: () => now,
      behind: () => behind,
      clockJump: () => (jumped ? { by: HOUR, until: now + 60_000 } : null),
      breathe: async () => {},
      standings: async () => [],
    },
    schedule,
    ({ from, to }) => `${new Date(from).toISOString()} ${new Date(to).toISOString()}`,
  );

const waiting = (db: Db) => {
  const notice = dueNotice(db, 'report', Number.MAX_SAFE_INTEGER);
  return notice === null ? null : reportNotice.parse(JSON.parse(notice.payload));
};

describe('when a report is due', () => {
  test.each([
    ['07:00 UTC', 'UTC', 420, '2026-11-29T07:00:00Z', '2026-11-29', '2026-11-29T07:00:00Z'],
    ['a moment before', 'UTC', 420, '2026-11-29T06:59:59.999Z', '2026-11-28', '2026-11-28T07:00:00Z'],
    [
      'where it is winter',
      'Europe/Berlin',
      420,
      '2026-11-29T12:00:00Z',
      '2026-11-29',
      '2026-11-29T06:00:00Z',
    ],
    [
      'where it is summer',
      'Europe/Berlin',
      420,
      '2026-07-01T12:00:00Z',
      '2026-07-01',
      '2026-07-01T05:00:00Z',
    ],
    ['where it is tomorrow', 'Asia/Tokyo', 420, '2026-11-28T23:00:00Z', '2026-11-29', '2026-11-28T22:00:00Z'],
    // 02:30 does not exist on that day: 03:00 comes after 01:59.
    [
      'in the hour left out',
      'Europe/Berlin',
      150,
      '2026-03-29T01:00:00Z',
      '2026-03-29',
      '2026-03-29T01:00:00Z',
    ],
    // 02:30 comes twice: at 00:30 and at 01:30 UTC.
    [
      'in the first of two',
      'Europe/Berlin',
      150,
      '2026-10-25T00:30:00Z',
      '2026-10-25',
      '2026-10-25T00:30:00Z',
    ],
    [
      'in the second of two',
      'Europe/Berlin',
      150,
      '2026-10-25T01:45:00Z',
      '2026-10-25',
      '2026-10-25T00:30:00Z',
    ],
    ['at midnight', 'America/New_York', 0, '2026-11-29T05:00:00Z', '2026-11-29', '2026-11-29T05:00:00Z'],
  ])('%s', (_, zone, minutes, now, day, due) => {
    expect(lastDue({ zone, minutes }, at(now))).toEqual({ day, at: at(due) });
  });
});

describe('one report a day', () => {
  test('and no more, however often it is looked and whenever the bot was started anew', async () => {
    using log = temporaryLog();
    wantNotices(log.db, ['report'], NOON);
    const written = [];
    for (let now = NOON; now < NOON + 3 * DAY; now += HOUR / 4) {
      // Each start says again what is wanted.
      wantNotices(log.db, ['report'], now);
      if (await look(log.db, now)) written.push(new Date(now).toISOString());
    }
    expect(written).toEqual([
      '2026-02-01T07:00:00.000Z',
      '2026-02-02T07:00:00.000Z',
      '2026-02-03T07:00:00.000Z',
    ]);
  });

  test('none for what was due before anybody wanted one', async () => {
    using log = temporaryLog();
    wantNotices(log.db, ['report'], NOON);
    expect(await look(log.db, NOON + 1)).toBe(false);
  });

  test('nobody wants one: there are no rows', async () => {
    using log = temporaryLog();
    expect(await look(log.db, NOON + DAY)).toBe(false);
    expect(waiting(log.db)).toBeNull();
  });

  test('one that was missed comes when the bot is back, and tells of all that time', async () => {
    using log = temporaryLog();
    wantNotices(log.db, ['report'], NOON - 10 * DAY);
    expect(await look(log.db, at('2026-01-28T07:00:01Z'))).toBe(true);
    await sendAll(log.db);
    expect(await look(log.db, at('2026-01-31T18:00:00Z'))).toBe(true);
    expect(waiting(log.db)?.text).toBe('2026-01-28T07:00:01.000Z 2026-01-31T18:00:00.000Z');
    expect(await look(log.db, at('2026-01-31T18:00:05Z'))).toBe(false);
  });

  test('the clock is set back over the hour: it is not told again', async () => {
    using log = temporaryLog();
    wantNotices(log.db, ['report'], NOON);
    const seven = at('2026-02-01T07:00:00Z');
    expect(await look(log.db, seven)).toBe(true);
    // Log time goes on while the wall clock shows 05:00, and then 07:00 once more.
    expect(await look(log.db, seven + 60_000, { behind: 2 * HOUR })).toBe(false);
    expect(await look(log.db, seven + 2 * HOUR, { behind: HOUR })).toBe(false);
    expect(await look(log.db, seven + DAY)).toBe(true);
  });

  test('the wall clock decides when it is seven, not log time that is ahead of it', async () => {
    using log = temporaryLog();
    wantNotices(log.db, ['report'], NOON);
    expect(await look(log.db, at('2026-02-01T07:30:00Z'), { behind: HOUR })).toBe(false);
    expect(await look(log.db, at('2026-02-01T07:45:00Z'), { behind: HOUR / 2 })).toBe(true);
  });

  test('a clock that has just jumped writes none until it is steady', async () => {
    using log = temporaryLog();
    wantNotices(log.db, ['report'], NOON);
    expect(await look(log.db, NOON + 5 * DAY, { jumped: true })).toBe(false);
    expect(await look(log.db, NOON + DAY)).toBe(true);
  });

  test('another hour on the same day is no second report', async () => {
    using log = temporaryLog();
    wantNotices(log.db, ['report'], NOON);
    expect(await look(log.db, NOON + DAY)).toBe(true);
    expect(await look(log.db, NOON + DAY + HOUR, {}, { minutes: 12 * 60 + 30, zone: 'UTC' })).toBe(false);
  });

  test('the last one is never pruned, so that the next goes on where it ended', async () => {
    using log = temporaryLog();
    wantNotices(log.db, ['report'], NOON);
    for (const days of [1, 2]) {
      await look(log.db, NOON + days * DAY);
      await sendAll(log.db);
    }
    expect(pruneNotices(log.db, NOON + 30 * DAY)).toBe(1);
    expect(pruneNotices(log.db, NOON + 30 * DAY)).toBe(0);
    expect(noticeOf(log.db, 'report:2026-02-02')).not.toBeNull();
  });
});

async function sendAll(db: Db): Promise<void> {
  for (;;) {
    const notice = dueNotice(db, 'report', Number.MAX_SAFE_INTEGER);
    if (notice === null) return;
    recordSent(db, notice.id, NOON);
  }
}
