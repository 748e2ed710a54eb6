import { expect, test } from 'vitest';
import { Queue } from './queue.ts';

test("work is done one after another, and a failure is its asker's alone", async () => {
  const queue = new Queue();
  const seen: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = queue.run(async () => {
    seen.push('first begins');
    await gate.promise;
    seen.push('first fails');
    throw new Error('no');
  });
  const second = queue.run(async () => seen.push('second'));
  gate.resolve();
  await expect(first).rejects.toThrow('no');
  await second;
  expect(seen).toEqual(['first begins', 'first fails', 'second']);
});
