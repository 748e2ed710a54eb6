import Database from 'better-sqlite3';
import { describe, expect, test, vi } from 'vitest';
import type { Instant, Millis } from '../domain/duration.ts';
import { NoticeError, type Senders } from '../domain/notice.ts';
import { type Db, logFile } from '../store/db.ts';
import { recordLeap } from '../store/leaps.ts';
import { addReport, noticeOf, pendingNotices, wantNotices } from '../store/notices.ts';
import { NOON, type TestLog, temporaryLog } from '../testing/log.ts';
import { backoff, KEEP_TRYING, type NoticesDeps, tellOthers, wantKinds } from './notices.ts';

const HOUR: Millis = 3_600_000;
const REPORT = { text: 'a night', from: 1, to: 2 };

/** The loop on a real log, with a clock that goes on whenever the loop waits. */
function createStage({ db }: TestLog) {
  let now: Instant = NOON;
  const stopping = new AbortController();
  const events = {
    noticeSent: vi.fn(),
    noticeFailed: vi.fn(),
    noticeGivenUp: vi.fn(),
    failed: vi.fn(),
  };
  const deps: NoticesDeps = {
    db,
    now: () => now,
    stopping: stopping.signal,
    random: () => 1,
    events,
    async sleep(length) {
      now += length;
      await new Promise(setImmediate);
      stopping.signal.throwIfAborted();
    },
  };
  return {
    ...{ db, events, deps },
    now: () => now,
    leap: (by: Millis) => {
      recordLeap(db, by, now);
      now += by;
    },
    /** Runs the loop until something holds. */
    async until(senders: Senders, holds: () => boolean): Promise<void> {
      const running = tellOthers(deps, senders);
      while (!holds()) await new Promise(setImmediate);
      stopping.abort();
      await running;
    },
  };
}

function aReport(db: Db, day = '2026-01-31'): void {
  wantNotices(db, ['report'], NOON);
  addReport(db, day, REPORT, NOON);
}

const refuse = async () => {
  throw new NoticeError('the webhook answered 500');
};

test('what is due is sent once, and counted', async () => {
  using log = temporaryLog();
  const stage = createStage(log);
  aReport(log.db);
  const sent: string[] = [];
  const report = async (payload: string) => void sent.push(payload);
  await stage.until({ report }, () => stage.now() > NOON + 5_000);
  expect(sent.map((one) => JSON.parse(one))).toEqual([REPORT]);
  expect(stage.events.noticeSent.mock.calls).toEqual([['report']]);
  expect(noticeOf(log.db, 'report:2026-01-31')).toMatchObject({ tries: 1, sentAt: NOON, error: null });
  expect(pendingNotices(log.db)).toEqual([]);
});

test('what is refused is tried at growing distances, for a day, and then given up with a word', async () => {
  using log = temporaryLog();
  const stage = createStage(log);
  aReport(log.db);
  const at: Instant[] = [];
  const report = async () => {
    at.push(stage.now());
    await refuse();
  };
  await stage.until({ report }, () => stage.now() > NOON + KEEP_TRYING + 2 * HOUR);
  const gaps = at.slice(1).map((one, i) => Math.round((one - (at[i] ?? 0)) / 5_000) * 5);
  expect(gaps.slice(0, 8)).toEqual([5, 10, 20, 40, 80, 160, 300, 300]);
  expect(Math.max(...gaps)).toBe(300);
  const last = at.at(-1) ?? 0;
  expect(last - NOON).toBeGreaterThanOrEqual(KEEP_TRYING);
  expect(last - NOON).toBeLessThan(KEEP_TRYING + HOUR / 6);
  expect(stage.events.noticeGivenUp.mock.calls).toEqual([['report', 'the webhook answered 500']]);
  // The first is told, the others are only counted.
  expect(stage.events.noticeFailed.mock.calls.filter(([, , again]) => !again)).toHaveLength(1);
  expect(stage.events.noticeFailed).toHaveBeenCalledTimes(at.length);
  expect(noticeOf(log.db, 'report:2026-01-31')).toMatchObject({
    sentAt: null,
    error: 'the webhook answered 500',
  });
  expect(pendingNotices(log.db)).toEqual([]);
});

test('a leap of the clock makes nothing old', async () => {
  using log = temporaryLog();
  const stage = createStage(log);
  aReport(log.db);
  let tries = 0;
  const report = async () => {
    tries++;
    if (tries === 1) stage.leap(3 * 24 * HOUR);
    if (tries < 4) await refuse();
  };
  await stage.until({ report }, () => stage.events.noticeSent.mock.calls.length > 0);
  expect(tries).toBe(4);
  expect(stage.events.noticeGivenUp).not.toHaveBeenCalled();
});

test('who asks to be left alone is, for an hour at most', async () => {
  using log = temporaryLog();
  const stage = createStage(log);
  aReport(log.db);
  const at: Instant[] = [];
  const waits = [90_000, 24 * HOUR];
  const report = async () => {
    at.push(stage.now());
    const wait = waits.shift();
    if (wait !== undefined) throw new NoticeError('429', wait);
  };
  await stage.until({ report }, () => at.length === 3);
  const [first = 0, second = 0, third = 0] = at;
  expect(second - first).toBeGreaterThanOrEqual(90_000);
  expect(second - first).toBeLessThan(95_000);
  expect(third - second).toBeGreaterThanOrEqual(HOUR);
  expect(third - second).toBeLessThan(HOUR + 5_000);
});

test('a kind that hangs holds up no other', async () => {
  using log = temporaryLog();
  const stage = createStage(log);
  aReport(log.db);
  log.db.exec(`INSERT INTO notices (kind, dedupe, payload, created_at, next_try_at)
    SELECT 'annotation', 'attempt:' || value, '{}', ${NOON}, ${NOON} FROM json_each('[1,2,3]')`);
  const hanging = Promise.withResolvers<void>();
  let annotated = 0;
  const senders: Senders = { report: () => hanging.promise, annotation: async () => void annotated++ };
  const running = stage.until(
    senders,
    () => annotated === 3 && noticeOf(log.db, 'report:2026-01-31')?.tries === 1,
  );
  while (annotated < 3) await new Promise(setImmediate);
  expect(noticeOf(log.db, 'report:2026-01-31')).toMatchObject({ sentAt: null });
  hanging.resolve();
  await running;
});

test('one whose sending cannot be marked is not sent again at once', async () => {
  using log = temporaryLog();
  const stage = createStage(log);
  aReport(log.db);
  const other = new Database(logFile(log.folder));
  const at: Instant[] = [];
  const report = async () => {
    at.push(stage.now());
    if (at.length === 1) other.exec('BEGIN IMMEDIATE');
  };
  // The lock is let go once it was found in vain.
  stage.events.failed.mockImplementationOnce(() => other.exec('ROLLBACK'));
  await stage.until({ report }, () => at.length === 2);
  other.close();
  expect(stage.events.failed).toHaveBeenCalledTimes(1);
  const [first = 0, second = 0] = at;
  expect(second - first).toBeGreaterThanOrEqual(5_000);
  expect(noticeOf(log.db, 'report:2026-01-31')).toMatchObject({ tries: 2, sentAt: expect.any(Number) });
});

test('a defect of ours at one is counted as a failure, and the next one is sent', async () => {
  using log = temporaryLog();
  const stage = createStage(log);
  aReport(log.db);
  addReport(log.db, '2026-02-01', { ...REPORT, text: 'another' }, NOON);
  const sent: string[] = [];
  const report = async (payload: string) => {
    if (!payload.includes('another')) throw new Error('a defect');
    sent.push(payload);
  };
  await stage.until({ report }, () => sent.length === 1);
  expect(stage.events.failed).toHaveBeenCalledWith(
    'notices',
    expect.objectContaining({ message: 'a defect' }),
  );
});

describe('what is wanted', () => {
  test('what waits of a kind that nobody wants any more is given up, with a word', async () => {
    using log = temporaryLog();
    const stage = createStage(log);
    aReport(log.db);
    await wantKinds(stage.deps, {}, NOON);
    expect(stage.events.noticeGivenUp.mock.calls).toEqual([['report', 'it is not configured any more', 1]]);
    expect(pendingNotices(log.db)).toEqual([]);
    expect(addReport(log.db, '2026-02-02', REPORT, NOON)).toBe(false);
  });

  test('a restart forgets nothing of one that is wanted on', async () => {
    using log = temporaryLog();
    const stage = createStage(log);
    aReport(log.db);
    await wantKinds(stage.deps, { report: refuse }, NOON + HOUR);
    expect(pendingNotices(log.db)).toEqual([{ kind: 'report', count: 1, oldest: NOON }]);
    expect(stage.events.noticeGivenUp).not.toHaveBeenCalled();
  });
});

test('backoff is between half of its length and all of it, and five minutes at most', () => {
  expect(backoff(0, 0)).toBe(2_500);
  expect(backoff(0, 1)).toBe(5_000);
  expect(backoff(1_000, 0)).toBe(150_000);
  expect(backoff(1_000, 1)).toBe(300_000);
});
