import { expect, it } from 'vitest';
import { Teardown } from './teardown.ts';

it('ends in the opposite order, goes on after a failure, and tells of every one', async () => {
  const order: string[] = [];
  const teardown = new Teardown();
  for (const what of ['first', 'second', 'third']) {
    teardown.add(what, async () => {
      order.push(what);
      if (what !== 'first') throw new Error(`${what} is stuck`);
    });
  }
  await expect(teardown.run()).rejects.toThrow(
    'not everything could be ended: third: third is stuck; second: second is stuck',
  );
  expect(order).toEqual(['third', 'second', 'first']);
});

it('ends everything once, whoever asks how often', async () => {
  let count = 0;
  const teardown = new Teardown();
  teardown.add('it', async () => {
    count += 1;
  });
  await Promise.all([teardown.run(), teardown.run()]);
  await teardown.run();
  expect(count).toBe(1);
});
