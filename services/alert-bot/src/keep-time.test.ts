import { expect, test } from 'vitest';
import { createClock } from './clock.ts';
import { formatDuration } from './domain/duration.ts';
import { endJump, keepTime } from './keep-time.ts';
import { addPause, currentPause } from './store/controls.ts';
import { changeStatus } from './store/incidents.ts';
import { setCircuit, targetState } from './store/targets.ts';
import { again, anIncident, NOON, temporaryLog } from './testing/log.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** A bot whose clocks only go on while it sleeps, and what it told of jumps. */
function scene() {
  const log = temporaryLog();
  const at = { wall: NOON, monotonic: 0 };
  const clock = createClock(
    NOON,
    () => at.wall,
    () => at.monotonic,
  );
  const told: string[] = [];
  const deps = {
    db: log.db,
    wake: () => undefined,
    events: {
      clockJumped: (by: number) => told.push(formatDuration(by)),
      failed: (where: string) => told.push(`failed: ${where}`),
    },
  };
  /** Keeps time until a moment of the monotonic clock. */
  const keepUntil = (end: number, before?: () => unknown) =>
    keepTime(
      {
        ...deps,
        async sleep(length) {
          if (at.monotonic >= end) throw new Error('the process stops');
          at.wall += length;
          at.monotonic += length;
          before?.();
        },
      },
      clock,
    );
  return { db: log.db, at, clock, told, keepUntil, deps, [Symbol.dispose]: () => log[Symbol.dispose]() };
}

test('clock_jump: is told once, and ends by itself after a minute', async () => {
  using bot = scene();
  bot.at.wall += HOUR;
  const held: number[] = [];
  await bot.keepUntil(90_000, () => {
    if (bot.clock.jump() !== null) held.push(bot.at.monotonic);
  });
  expect(held.at(-1)).toBe(60_000);
  expect(bot.told).toEqual(['1h']);
  expect(bot.clock.jump()).toBeNull();
  expect(bot.clock.now()).toBe(bot.at.wall);
});

test('clock_jump: a leap forward ends no wait: each is as far from its end as before', async () => {
  using bot = scene();
  const { db } = bot;
  const waiting = anIncident(db, { deadline: NOON + 15 * MINUTE });
  const proving = anIncident(db, { target: 'supervisor:db' });
  const proof = {
    ...{ since: NOON, startedAt: NOON, restartCount: 0, deadline: NOON + 2 * MINUTE, stable: 0 },
    ...{ above: null, clean: {}, goodSince: NOON + 1, ids: ['a'] },
  };
  changeStatus(db, proving, 'deferred', {}, NOON);
  changeStatus(db, again(db, proving.id), 'proving', { proof }, NOON);
  setCircuit(db, 'supervisor:api', { open: true, until: NOON + HOUR, times: 1 });
  addPause(db, { by: 'ann', why: 'deploy' }, NOON + 5 * MINUTE, NOON);
  bot.at.wall += 2 * HOUR;
  await bot.keepUntil(MINUTE);
  expect(bot.clock.now()).toBe(NOON + MINUTE + 2 * HOUR);
  expect(again(db, waiting.id).deadline).toBe(NOON + 15 * MINUTE + 2 * HOUR);
  expect(again(db, proving.id).proof).toMatchObject({
    deadline: NOON + 2 * MINUTE + 2 * HOUR,
    goodSince: NOON + 1 + 2 * HOUR,
  });
  expect(targetState(db, 'supervisor:api')).toMatchObject({ open: true, until: NOON + 3 * HOUR });
  expect(currentPause(db, bot.clock.now())?.until).toBe(NOON + 5 * MINUTE + 2 * HOUR);
});

test('clock_jump: set back, nothing is moved, and log time goes on', async () => {
  using bot = scene();
  const waiting = anIncident(bot.db, { deadline: NOON + 15 * MINUTE });
  bot.at.wall -= HOUR;
  await bot.keepUntil(2 * MINUTE);
  expect(bot.told).toEqual(['-1h']);
  expect(bot.clock.jump()).toBeNull();
  expect(bot.clock.now()).toBe(NOON + 2 * MINUTE);
  expect(bot.clock.behind()).toBe(HOUR);
  expect(again(bot.db, waiting.id).deadline).toBe(NOON + 15 * MINUTE);
});

test('clock_jump: holds on while the log cannot be written, for what waits would end by the leap', async () => {
  using bot = scene();
  bot.at.wall += HOUR;
  bot.clock.jump();
  bot.at.wall += MINUTE;
  bot.at.monotonic += MINUTE;
  bot.db.pragma('query_only = 1');
  await expect(endJump(bot.deps, bot.clock)).rejects.toThrow('cannot be written');
  expect(bot.clock.jump()).not.toBeNull();
  bot.db.pragma('query_only = 0');
  expect(await endJump(bot.deps, bot.clock)).toBe(true);
  expect(bot.clock.jump()).toBeNull();
});
