import { expect, test } from 'vitest';
import { createClock } from './clock.ts';

function clock(latest: number) {
  const at = { wall: 1_000_000, monotonic: 0 };
  const read = createClock(
    latest,
    () => at.wall,
    () => at.monotonic,
  );
  return { at, read };
}

test('is the wall clock where that is ahead of the log', () => {
  const { at, read } = clock(999_000);
  expect(read.now()).toBe(1_000_000);
  at.wall += 250;
  at.monotonic += 250;
  expect(read.now()).toBe(1_000_250);
  expect(read.behind()).toBe(0);
});

test('never goes back, and goes on while the wall clock is behind the log', () => {
  const { at, read } = clock(4_600_000);
  expect(read.now()).toBe(4_600_000);
  at.wall += 1_500;
  at.monotonic += 1_500;
  expect(read.now()).toBe(4_601_500);
  expect(read.behind()).toBe(3_600_000);
});

test('a wall clock that is set back does not stop it', () => {
  const { at, read } = clock(0);
  expect(read.now()).toBe(1_000_000);
  at.wall -= 600_000;
  at.monotonic += 10;
  expect(read.now()).toBe(1_000_010);
});
