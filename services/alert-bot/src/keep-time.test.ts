import { expect, test } from 'vitest';
import { createClock } from './clock.ts';
import { healedFact } from './decision/recurring.ts';
import { formatDuration } from './domain/duration.ts';
import { endJump, keepTime } from './keep-time.ts';
import { attemptFacts, endAttempt, lastNotCalledAt, recentTargets } from './store/attempts.ts';
import { addPause, currentPause } from './store/controls.ts';
import type { Db } from './store/db.ts';
import { addEscalation } from './store/escalations.ts';
import { changeStatus, healedSince, lastActedIncidentEnd } from './store/incidents.ts';
import { jumpInLog } from './store/leaps.ts';
import { resetTarget, setCircuit, targetState } from './store/targets.ts';
import { again, anAttempt, anIncident, NOON, temporaryLog } from './testing/log.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** An incident whose proof is sought until a deadline. */
function aProof(db: Db, deadline: number) {
  const proving = anIncident(db, { target: 'supervisor:db' });
  const proof = {
    ...{ since: NOON, startedAt: NOON, restartCount: 0, deadline, stable: 0 },
    ...{ above: null, clean: {}, goodSince: NOON + 1, ids: ['a'] },
  };
  changeStatus(db, proving, 'deferred', {}, NOON);
  changeStatus(db, again(db, proving.id), 'proving', { proof }, NOON);
  return proving;
}

/** A bot whose clocks only go on while it sleeps, and what it told of jumps. */
function scene() {
  const log = temporaryLog();
  const at = { wall: NOON, monotonic: 0 };
  const clock = createClock({ latest: NOON, wall: () => at.wall, monotonic: () => at.monotonic });
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
  const keepUntil = (end: number, before?: () => unknown, keeps = clock) =>
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
      keeps,
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
  const proving = aProof(db, NOON + 2 * MINUTE);
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

test('clock_jump: set back, nothing is moved but the proofs, and log time goes on', async () => {
  using bot = scene();
  const waiting = anIncident(bot.db, { deadline: NOON + 15 * MINUTE });
  bot.at.wall -= HOUR;
  await bot.keepUntil(2 * MINUTE);
  expect(bot.told).toEqual(['-1h']);
  expect(bot.clock.jump()).toBeNull();
  expect(bot.clock.now()).toBe(NOON + 1.5 * MINUTE);
  expect(bot.clock.behind()).toBe(HOUR - 0.5 * MINUTE);
  expect(again(bot.db, waiting.id).deadline).toBe(NOON + 15 * MINUTE);
});

test('G8: set back, a proof gets the time in which what Prometheus says may be of before', async () => {
  using bot = scene();
  const proving = aProof(bot.db, NOON + 2 * MINUTE);
  bot.at.wall -= 5 * MINUTE;
  await bot.keepUntil(MINUTE);
  // A minute of the five is over.
  expect(again(bot.db, proving.id).proof?.deadline).toBe(NOON + 6 * MINUTE);
});

test('clock_jump: a process that ends in the hold leaves the leap to the next one', async () => {
  using bot = scene();
  const waiting = anIncident(bot.db, { deadline: NOON + 15 * MINUTE });
  bot.at.wall += HOUR;
  await bot.keepUntil(10_000);
  expect(again(bot.db, waiting.id).deadline).toBe(NOON + 15 * MINUTE);

  const next = createClock({
    latest: NOON + 10_000,
    jumped: jumpInLog(bot.db),
    wall: () => bot.at.wall,
    monotonic: () => bot.at.monotonic,
  });
  await bot.keepUntil(10_000 + MINUTE, undefined, next);
  expect(next.now()).toBe(bot.at.wall);
  expect(again(bot.db, waiting.id).deadline).toBe(NOON + 15 * MINUTE + HOUR);
  expect(jumpInLog(bot.db)).toBeNull();
});

test('G4: a leap brings no attempt nearer to the end of its window, nor a cooldown to its own', async () => {
  using bot = scene();
  const { db } = bot;
  const one = anIncident(db);
  endAttempt(db, anAttempt(db, one, NOON - 20 * MINUTE).id, 'helped', '', NOON - 19 * MINUTE);
  changeStatus(db, one, 'closed', { outcome: 'healed' }, NOON - MINUTE);
  const none = anIncident(db, { target: 'supervisor:db' });
  endAttempt(db, anAttempt(db, none, NOON).id, 'not_called', '', NOON);
  bot.at.wall += HOUR;
  await bot.keepUntil(MINUTE);
  const leapt = (at: number) => at + HOUR;
  expect(attemptFacts(db, 'supervisor:api', 0)).toMatchObject([
    { reservedAt: leapt(NOON - 20 * MINUTE), endedAt: leapt(NOON - 19 * MINUTE) },
  ]);
  expect(lastActedIncidentEnd(db, 'supervisor:api', 0)).toBe(leapt(NOON - MINUTE));
  expect(healedSince(db, 'supervisor:api', leapt(NOON - 2 * MINUTE), 0)).toEqual([leapt(NOON - MINUTE)]);
  expect(recentTargets(db, leapt(NOON - 30 * MINUTE))).toEqual([
    { target: 'supervisor:api', at: leapt(NOON - 20 * MINUTE) },
  ]);
  expect(recentTargets(db, leapt(NOON - 20 * MINUTE))).toEqual([]);
  expect(lastNotCalledAt(db, none.id, 0)).toBe(leapt(NOON));
  // What comes after it is as it is.
  const later = anAttempt(db, anIncident(db, { target: 'supervisor:late' }), bot.clock.now());
  expect(attemptFacts(db, 'supervisor:late', 0)).toMatchObject([{ reservedAt: later.reserved_at }]);
});

test('G4: a leap brings back nothing that a reset has ended, and forgets no page of a slow loop', async () => {
  using bot = scene();
  const { db } = bot;
  const one = anIncident(db);
  addEscalation(db, one.id, 'recurring', { labels: {}, annotations: {} }, NOON - MINUTE);
  changeStatus(db, one, 'closed', { outcome: 'healed' }, NOON - MINUTE);
  bot.at.wall += 25 * HOUR;
  await bot.keepUntil(MINUTE);
  const told = NOON - MINUTE + 25 * HOUR;
  expect(healedFact(db, 'supervisor:api', bot.clock.now())).toEqual({ at: [told], toldAt: told });
  resetTarget(db, 'supervisor:api', NOON);
  expect(healedFact(db, 'supervisor:api', bot.clock.now())).toEqual({ at: [], toldAt: null });
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
