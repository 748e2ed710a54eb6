import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../testing/log.ts';
import { createLogSync } from './sync.ts';

/** A disk by a clock of its own. What is synced on the other thread ends when the test says so. */
function aDisk(takes: number) {
  const folder = temporaryFolder();
  const file = join(folder.path, 'wal');
  writeFileSync(file, '');
  let now = 0;
  let atOnce = 0;
  const under: PromiseWithResolvers<void>[] = [];
  const disk = {
    now() {
      atOnce += 1;
      now += takes;
    },
    later() {
      const one = Promise.withResolvers<void>();
      under.push(one);
      return one.promise;
    },
  };
  const sync = createLogSync(file, disk, () => now);
  const over: string[] = [];
  const ask = (name: string) =>
    sync.synced().then(
      () => void over.push(name),
      (error: unknown) => void over.push(`${name}: ${error}`),
    );
  return {
    ...{ sync, under, over, ask },
    atOnce: () => atOnce,
    async becomeSlow() {
      takes = 5;
      for (let i = 0; under.length === 0 && i < 20; i++) {
        void ask(`${i}`);
        await settled();
      }
      const tries = atOnce;
      atOnce = 0;
      under.pop()?.resolve();
      await expect.poll(sync.crowd).toBeNull();
      over.length = 0;
      return tries;
    },
    take: (length: number) => {
      takes = length;
    },
    pass: (length: number) => {
      now += length;
    },
    [Symbol.dispose]() {
      sync.close();
      folder[Symbol.dispose]();
    },
  };
}

/** Everything that was waiting for a promise had its turn. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('a fast disk is synced at once, also where one sync takes long', async () => {
  using disk = aDisk(0.2);
  for (let i = 0; i < 50; i++) {
    if (i === 20) disk.take(8);
    await disk.ask(`${i}`);
    disk.take(0.2);
  }
  expect([disk.atOnce(), disk.under.length, disk.sync.crowd()]).toEqual([50, 0, null]);
});

test('a slow disk is synced beside the event loop after a few, and tried at once again each second', async () => {
  using disk = aDisk(0.2);
  await disk.ask('first');
  expect(await disk.becomeSlow()).toBeLessThan(5);
  for (const [passes, atOnce] of [
    [900, 0],
    [200, 1],
    [900, 1],
    [200, 2],
  ] as const) {
    disk.pass(passes);
    void disk.ask('slow');
    await settled();
    disk.under.at(-1)?.resolve();
    await expect.poll(disk.sync.crowd).toBeNull();
    expect(disk.atOnce()).toBe(atOnce);
  }
  disk.take(0.2);
  disk.pass(1_100);
  for (let i = 0; i < 10; i++) await disk.ask(`${i}`);
  expect(disk.atOnce()).toBe(12);
});

test('G1: who comes while a sync is under way waits for the next one, which all of them share', async () => {
  using disk = aDisk(5);
  await disk.becomeSlow();
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
  using disk = aDisk(5);
  await disk.becomeSlow();
  void disk.ask('first');
  await settled();
  void disk.ask('second');
  disk.under[0]?.reject(new Error('EIO'));
  await settled();
  disk.under[1]?.resolve();
  await settled();
  expect(disk.over).toEqual(['first: Error: EIO', 'second']);
});

test('those who wait for a slow disk are a crowd until a moment after', async () => {
  using disk = aDisk(5);
  await disk.becomeSlow();
  expect(disk.sync.crowd()).toBeNull();
  void disk.ask('first');
  await settled();
  const crowd = disk.sync.crowd();
  expect(crowd).not.toBeNull();
  disk.under[0]?.resolve();
  await settled();
  expect(disk.over).toEqual(['first']);
  expect(disk.sync.crowd()).toBe(crowd);
  await crowd;
  expect(disk.sync.crowd()).toBeNull();
});

test('G1: once it is closed nothing is synced any more, whose file ever has the number by then', async () => {
  using disk = aDisk(0.2);
  disk.sync.close();
  await disk.ask('late');
  expect(disk.over).toEqual(['late: Error: the incident log is closed']);
  expect(disk.atOnce()).toBe(0);
  // A second one closes no other's.
  disk.sync.close();
});
