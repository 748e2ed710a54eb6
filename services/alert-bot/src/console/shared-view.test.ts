import { expect, test } from 'vitest';
import { createSharedView } from './shared-view.ts';

function stage() {
  const world = { told: 0, now: 0, made: 0, fails: false };
  const shared = createSharedView(
    async () => {
      world.made += 1;
      if (world.fails) throw new Error('the platform is away');
      return world.made;
    },
    { told: () => world.told, monotonic: () => world.now },
  );
  return { world, shared };
}

test('who asks after another has the same, also while it is being made', async () => {
  const { shared } = stage();
  expect(await Promise.all([shared.recent(), shared.recent()])).toEqual([1, 1]);
  expect(await shared.recent()).toBe(1);
});

test('nobody who was told of a change has what is older', async () => {
  const { world, shared } = stage();
  await shared.recent();
  world.told += 1;
  expect(await shared.recent()).toBe(2);
  expect(await shared.recent()).toBe(2);
});

test('who may have changed something has it made anew, and all after them have that', async () => {
  const { shared } = stage();
  await shared.recent();
  expect(await shared.anew()).toBe(2);
  expect(await shared.recent()).toBe(2);
});

test('it is not kept for long, and a failure not at all', async () => {
  const { world, shared } = stage();
  await shared.recent();
  world.now = 4_999;
  expect(await shared.recent()).toBe(1);
  world.now = 5_000;
  world.fails = true;
  await expect(shared.recent()).rejects.toThrow('the platform is away');
  world.fails = false;
  expect(await shared.recent()).toBe(3);
});
