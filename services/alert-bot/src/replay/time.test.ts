import { expect, test } from 'vitest';
import { createTime, settled } from './time.ts';

/** Sleeps, and notes when each one woke or why it did not. */
function stage(begin = 1_000) {
  const time = createTime(begin);
  const woke: string[] = [];
  const sleeper = (name: string, length: number, signal?: AbortSignal) => {
    time.sleep(length, signal).then(
      () => woke.push(`${name} ${time.now()}`),
      (error: unknown) => woke.push(`${name} ${error instanceof Error ? error.message : String(error)}`),
    );
  };
  return {
    time,
    woke,
    sleeper,
    async runUntil(until: number) {
      while (time.next() <= until) {
        time.goTo(time.next());
        time.wakeNext();
        await settled();
      }
    },
  };
}

test('sleepers wake in the order of time, and of one time in the order in which they went to sleep', async () => {
  const { woke, sleeper, runUntil } = stage();
  for (const [name, length] of [
    ['c', 30],
    ['a', 10],
    ['d', 30],
    ['b', 20.2],
    ['at once', -5],
  ] as const)
    sleeper(name, length);
  await runUntil(1_030);
  expect(woke).toEqual(['at once 1000', 'a 1010', 'b 1021', 'c 1030', 'd 1030']);
});

test('a thousand sleepers in any order wake in order', async () => {
  const { time, woke, sleeper, runUntil } = stage(0);
  for (let i = 0; i < 1_000; i++) sleeper('x', (i * 7_919) % 1_009);
  await runUntil(2_000);
  const times = woke.map((one) => Number(one.split(' ')[1]));
  expect(times).toHaveLength(1_000);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(time.next()).toBe(Number.POSITIVE_INFINITY);
});

test('who gives up is told at once, wakes nobody else, and is not waited for', async () => {
  const { time, woke, sleeper, runUntil } = stage();
  const giveUp = new AbortController();
  sleeper('first', 10, giveUp.signal);
  sleeper('second', 20);
  giveUp.abort(new Error('gave up'));
  await settled();
  expect(woke).toEqual(['first gave up']);
  expect(time.next()).toBe(1_020);
  await runUntil(1_020);
  expect(woke).toEqual(['first gave up', 'second 1020']);
  sleeper('late', 5, giveUp.signal);
  await settled();
  expect(woke.at(-1)).toBe('late gave up');
  expect(time.next()).toBe(Number.POSITIVE_INFINITY);
});

test('time goes on only: an earlier time leaves it where it is, and to wake nobody does nothing', () => {
  const { time } = stage();
  time.goTo(2_000);
  time.goTo(1_500);
  time.wakeNext();
  expect(time.now()).toBe(2_000);
});

test('at the end all are told, those that sleep and those that would', async () => {
  const { time, woke, sleeper } = stage();
  sleeper('sleeps', 10);
  time.end(new Error('over'));
  sleeper('would', 10);
  await settled();
  expect(woke).toEqual(['sleeps over', 'would over']);
});
