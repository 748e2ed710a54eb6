import { totalmem } from 'node:os';
import { expect, test } from 'vitest';
import { memoryLimit } from './memory.ts';

test('the limit of the container counts, where there is one below the memory of the machine', () => {
  expect(memoryLimit(256e6, 4e9)).toBe(256e6);
  // What a cgroup without a limit says, and what libuv says when it does not know.
  expect(memoryLimit(2 ** 63, 4e9)).toBe(4e9);
  expect(memoryLimit(0, 4e9)).toBe(4e9);
});

test('asked of this machine, it is no more than its memory', () => {
  expect(memoryLimit()).toBeGreaterThan(0);
  expect(memoryLimit()).toBeLessThanOrEqual(totalmem());
});
