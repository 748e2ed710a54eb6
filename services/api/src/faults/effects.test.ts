import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { type End, startEffect, type Victims } from './effects.ts';
import { lastingFaultSchema } from './fault.ts';

const megabyte = 1024 * 1024;
const roomy: Victims = {
  holdConnection: async () => undefined,
  memory: () => ({ used: 0, limit: 1e12 }),
};

function start(fault: object, victims = roomy): End {
  const end = startEffect(lastingFaultSchema.parse(fault), victims);
  if (end === undefined) throw new Error('this fault has no effect of its own');
  return end;
}

test('a blocked event loop runs nothing else for that long, again and again, until it ends', async () => {
  const longest = async () => {
    const started = performance.now();
    await sleep(1);
    return performance.now() - started;
  };
  const end = start({ kind: 'block', ms: 400, every_ms: 450 });
  for (const _ of [1, 2]) await expect.poll(longest, { interval: 1, timeout: 10_000 }).toBeGreaterThan(390);
  end();
  await expect.poll(longest, { interval: 1, timeout: 10_000 }).toBeLessThan(390);
});

// All collectors are asked at once here, which a service does by itself in its own time.
setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');
const held = () => {
  collect();
  return process.memoryUsage().arrayBuffers / megabyte;
};

test('a leak grows to its limit and stays there, and is let go when it ends', async () => {
  const before = held();
  let asked = 0;
  const memory = () => {
    asked += 1;
    return roomy.memory();
  };
  const end = start({ kind: 'leak', mb_per_minute: 6_000, max_mb: 30 }, { ...roomy, memory });
  await expect.poll(() => held() - before, { timeout: 10_000 }).toBeGreaterThan(29);
  const full = held();
  // It asks for the memory before it takes more: as many rounds as it took to grow.
  const until = asked + 5;
  await expect.poll(() => asked).toBeGreaterThanOrEqual(until);
  expect(held() - full).toBeLessThan(1);
  end();
  await expect.poll(() => held() - before).toBeLessThan(1);
});

test('a leak stops short of what the process may have', async () => {
  const before = held();
  let asked = 0;
  const memory = () => {
    asked += 1;
    return { used: 9 * megabyte, limit: 20 * megabyte };
  };
  // Ten megabytes every 100 ms: the first would be beyond nine tenths.
  const end = start({ kind: 'leak', mb_per_minute: 6_000 }, { ...roomy, memory });
  await expect.poll(() => asked).toBeGreaterThan(3);
  expect(held() - before).toBeLessThan(1);
  end();
});
