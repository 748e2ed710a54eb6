import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../testing/log.ts';
import { createLogSync } from './sync.ts';

/** A disk whose syncs end when the test says so. */
function slowDisk() {
  const folder = temporaryFolder();
  const file = join(folder.path, 'wal');
  writeFileSync(file, '');
  const under: PromiseWithResolvers<void>[] = [];
  const sync = createLogSync(file, () => {
    const one = Promise.withResolvers<void>();
    under.push(one);
    return one.promise;
  });
  const over: string[] = [];
  return {
    under,
    over,
    ask: (name: string) =>
      sync.synced().then(
        () => void over.push(name),
        (error: unknown) => void over.push(`${name}: ${error}`),
      ),
    [Symbol.dispose]() {
      sync.close();
      folder[Symbol.dispose]();
    },
  };
}

/** Everything that was waiting for a promise had its turn. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('G1: who comes while a sync is under way waits for the next one, which all of them share', async () => {
  using disk = slowDisk();
  void disk.ask('first');
  await settled();
  void disk.ask('second');
  void disk.ask('third');
  await settled();
  expect(disk.under).toHaveLength(1);
  disk.under[0]?.resolve();
  await settled();
  expect(disk.over).toEqual(['first']);
  expect(disk.under).toHaveLength(2);
  disk.under[1]?.resolve();
  await settled();
  expect(disk.over).toEqual(['first', 'second', 'third']);
  expect(disk.under).toHaveLength(2);
});

test('G1: a sync that fails is told to those who waited for it, and the next one is tried', async () => {
  using disk = slowDisk();
  void disk.ask('first');
  await settled();
  void disk.ask('second');
  disk.under[0]?.reject(new Error('EIO'));
  await settled();
  disk.under[1]?.resolve();
  await settled();
  expect(disk.over).toEqual(['first: Error: EIO', 'second']);
});
