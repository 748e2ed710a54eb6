import { expect, test } from 'vitest';
import { createClock } from './clock.ts';

function clock(latest: number, jumped: number | null = null) {
  const at = { wall: 1_000_000, monotonic: 0 };
  const read = createClock({ latest, jumped, wall: () => at.wall, monotonic: () => at.monotonic });
  /** Both clocks go on, and somebody looks each second, as the engine does. */
  const pass = (seconds: number) => {
    for (let i = 0; i < seconds; i += 1) {
      at.wall += 1_000;
      at.monotonic += 1_000;
      read.now();
    }
  };
  return { at, read, pass };
}

test('is the wall clock where that is ahead of the log', () => {
  const { at, read } = clock(999_000);
  expect(read.now()).toBe(1_000_000);
  at.wall += 250;
  at.monotonic += 250;
  expect(read.now()).toBe(1_000_250);
  expect(read.behind()).toBe(0);
});

test('never goes back, and goes on at half the speed while the wall clock is behind the log', () => {
  const { at, read } = clock(4_600_000);
  expect(read.now()).toBe(4_600_000);
  at.wall += 1_500;
  at.monotonic += 1_500;
  expect(read.now()).toBe(4_600_750);
  expect(read.behind()).toBe(3_599_250);
  expect(read.jump()).toBeNull();
});

test('meets a wall clock that was set back after twice as long, however often it is asked meanwhile', () => {
  const { at, read, pass } = clock(0);
  pass(1);
  at.wall -= 300_000;
  // Steady for a minute first.
  pass(61);
  read.resume();
  for (let i = 0; i < 599_000; i += 1) {
    at.wall += 1;
    at.monotonic += 1;
    read.now();
  }
  expect(read.behind()).toBe(500);
  pass(1);
  expect([read.behind(), read.now()]).toEqual([0, at.wall]);
});

test('says from when on a time of the outside is certainly of now', () => {
  const { at, read, pass } = clock(0);
  pass(10);
  const highest = at.wall;
  expect(read.newFrom()).toBe(highest);
  at.wall -= 300_000;
  pass(61);
  read.resume();
  expect(read.newFrom()).toBe(highest);
  pass(300);
  expect(read.newFrom()).toBe(at.wall);
});

test('what has leapt, and is set right again, leaves no time in doubt', () => {
  const { at, read, pass } = clock(0);
  pass(10);
  at.wall += 3_600_000;
  expect(read.newFrom()).toBe(1_010_000);
  pass(5);
  at.wall -= 3_600_000;
  pass(61);
  read.resume();
  expect(read.newFrom()).toBe(at.wall);
});

test('clock_jump: a process that ends in the hold leaves it to the next one', () => {
  const { at, read, pass } = clock(900_000, 100_000);
  expect(read.now()).toBe(900_000);
  expect(read.jump()).toEqual({ by: 100_000, until: 960_000 });
  pass(59);
  expect(read.leap()).toBeNull();
  pass(1);
  expect([read.now(), read.leap()]).toEqual([960_000, 100_000]);
  read.resume();
  expect(read.now()).toBe(at.wall);
});

test('a wall clock that is set back does not stop it', () => {
  const { at, read } = clock(0);
  expect(read.now()).toBe(1_000_000);
  at.wall -= 600_000;
  at.monotonic += 10;
  expect(read.now()).toBe(1_000_010);
});

test('a step of less than 30 s is followed, and is no jump', () => {
  const { at, read } = clock(0);
  at.wall += 29_999;
  expect(read.now()).toBe(1_029_999);
  expect(read.jump()).toBeNull();
});

test('a clock that drifts apart slowly never jumps', () => {
  const { at, read, pass } = clock(0);
  for (let minute = 0; minute < 60; minute += 1) {
    pass(60);
    at.wall += 1_000;
    expect(read.jump()).toBeNull();
  }
  expect(read.now()).toBe(at.wall);
});

test.each([
  ['forward', 30_000],
  ['a day forward', 86_400_000],
  ['back', -30_000],
])('clock_jump: %s holds until it was steady for 60 s, and log time goes on meanwhile', (_, by) => {
  const { at, read, pass } = clock(0);
  pass(10);
  at.wall += by;
  const jumpedAt = 1_010_000;
  expect(read.jump()).toEqual({ by, until: jumpedAt + 60_000 });
  expect(read.now()).toBe(jumpedAt);
  pass(59);
  expect(read.now()).toBe(jumpedAt + 59_000);
  expect(read.leap()).toBeNull();
  read.resume();
  expect(read.jump()).toEqual({ by, until: jumpedAt + 60_000 });
  pass(1);
  expect(read.leap()).toBe(Math.max(0, by));
  read.resume();
  expect(read.jump()).toBeNull();
  expect(read.leap()).toBeNull();
  expect(read.now()).toBe(jumpedAt + 60_000 + Math.max(0, by));
  expect(read.behind()).toBe(Math.max(0, -by));
});

test('clock_jump: holds until somebody ends it, however long the log cannot be written', () => {
  const { at, read, pass } = clock(0);
  at.wall += 3_600_000;
  pass(300);
  expect(read.jump()).not.toBeNull();
  expect(read.now()).toBe(1_300_000);
  expect(read.leap()).toBe(3_600_000);
});

test('clock_jump: another jump begins the minute anew; what was set right again leaps nowhere', () => {
  const { at, read, pass } = clock(0);
  at.wall += 3_600_000;
  pass(59);
  at.wall -= 3_600_000;
  expect(read.jump()).toEqual({ by: -3_600_000, until: 1_059_000 + 60_000 });
  pass(59);
  expect(read.leap()).toBeNull();
  pass(1);
  expect(read.leap()).toBe(0);
  read.resume();
  expect(read.now()).toBe(at.wall);
  expect(read.behind()).toBe(0);
});

test('clock_jump: a machine that slept, its own clock with it, has leapt forward', () => {
  const { at, read } = clock(0);
  read.now();
  at.wall += 8 * 3_600_000;
  at.monotonic += 200;
  expect(read.jump()?.by).toBe(8 * 3_600_000 - 200);
});

test('a process that was busy for long has not jumped', () => {
  const { at, read } = clock(0);
  at.wall += 600_000;
  at.monotonic += 600_000;
  expect(read.jump()).toBeNull();
  expect(read.now()).toBe(1_600_000);
});
