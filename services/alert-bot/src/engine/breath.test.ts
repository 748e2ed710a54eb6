import { expect, test } from 'vitest';
import { createBreath, SLICE } from './breath.ts';

/** A clock that each turn of the event loop moves on, as the work of others would. */
function loop(turn: number) {
  let now = 0;
  let turns = 0;
  let next: NodeJS.Immediate;
  const round = () => {
    now += turn;
    turns++;
    next = setImmediate(round);
  };
  next = setImmediate(round);
  return {
    monotonic: () => now,
    work: (length: number) => {
      now += length;
    },
    turns: () => turns,
    [Symbol.dispose]: () => clearImmediate(next),
  };
}

test('within its slice the engine works on', async () => {
  using around = loop(10);
  const breathe = createBreath(around.monotonic);
  around.work(SLICE - 1);
  await breathe();
  expect(around.turns()).toBe(0);
});

test('after its slice, while others want theirs, they have four times as much', async () => {
  using around = loop(SLICE / 2);
  const breathe = createBreath(around.monotonic);
  around.work(SLICE);
  await breathe();
  expect(around.turns()).toBe(8);
  // And then it has another slice.
  await breathe();
  expect(around.turns()).toBe(8);
});

test('where nobody wants a turn it goes on after one', async () => {
  using around = loop(0.1);
  const breathe = createBreath(around.monotonic);
  around.work(SLICE);
  await breathe();
  expect(around.turns()).toBe(1);
});

test('what it waited for itself is not paid back', async () => {
  using around = loop(SLICE);
  const breathe = createBreath(around.monotonic);
  around.work(60_000);
  await breathe();
  expect(around.turns()).toBe(8);
});

test('who waits for the disk is there, though nothing happens', async () => {
  using around = loop(0);
  const disk = Promise.withResolvers<void>();
  let crowd: Promise<void> | null = disk.promise;
  const breathe = createBreath(around.monotonic, () => crowd);
  around.work(SLICE);
  let isOver = false;
  const breath = breathe().then(() => {
    isOver = true;
  });
  await expect.poll(around.turns).toBeGreaterThan(20);
  expect(isOver).toBe(false);
  crowd = null;
  disk.resolve();
  await breath;
});

test('a disk that never answers does not keep the engine for ever', async () => {
  using around = loop(0.1);
  const breathe = createBreath(around.monotonic, () => new Promise(() => {}));
  around.work(SLICE);
  await breathe();
});
