import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { logFolder } from './folder.ts';
import { readOptions } from './options.ts';
import { THEMES } from './plan.ts';
import { createRandom } from './random.ts';
import { runSeed } from './run.ts';
import { add, lacking, nothingYet, describe as tell } from './summary.ts';
import { createTime } from './time.ts';

let folder: ReturnType<typeof logFolder>;
beforeAll(() => {
  folder = logFolder();
});
afterAll(() => folder[Symbol.dispose]());

// Seconds of work, on a machine that may be busy.
describe('a run', { timeout: 60_000 }, () => {
  it('is the same to the byte for the same seed', async () => {
    // Crashes, storms and people are in these; the log of the first is gone when the second begins.
    for (const seed of [1, 2]) {
      const first = await runSeed(seed, folder.path, true);
      const second = await runSeed(seed, folder.path, true);
      expect(second.tail.join('\n')).toBe(first.tail.join('\n'));
      expect(second.hash).toBe(first.hash);
      expect(first.events).toBeGreaterThan(100);
    }
  });

  it('is the same whatever the process ran before it', async () => {
    const seeds = [1, 5, 10, 44, 69, 70];
    const late = new Map<number, string>();
    for (const seed of seeds) late.set(seed, (await runSeed(seed, folder.path)).hash);
    for (const seed of seeds) {
      vi.resetModules();
      const { runSeed: first } = await import('./run.ts');
      expect((await first(seed, folder.path)).hash, `seed ${seed}`).toBe(late.get(seed));
    }
  });

  it('is another one for another seed', async () => {
    const hashes = await Promise.all([4, 5].map((seed) => runSeed(seed, `${folder.path}/${seed}`)));
    expect(new Set(hashes.map(({ hash }) => hash)).size).toBe(2);
  });
});

describe('random numbers', () => {
  it('come in the same order for the same seed and name', () => {
    const some = (seed: number, name: string) => {
      const random = createRandom(seed, name);
      return Array.from({ length: 5 }, () => random.int(0, 1_000_000));
    };
    expect(some(7, 'a')).toEqual(some(7, 'a'));
    expect(some(7, 'b')).not.toEqual(some(7, 'a'));
    expect(some(8, 'a')).not.toEqual(some(7, 'a'));
  });

  it('begin anew for seeds beside each other', () => {
    const picked = Array.from({ length: 240 }, (_, seed) => createRandom(seed, 'plan').pick(THEMES));
    for (const theme of THEMES) {
      const often = picked.filter((one) => one === theme).length;
      expect(often, theme).toBeGreaterThan(5);
      expect(often, theme).toBeLessThan(45);
    }
  });
});

describe('virtual time', () => {
  it('lets what was started run before it leaps, and keeps the order', async () => {
    const time = createTime();
    const seen: string[] = [];
    time.after(1_000, () => seen.push(`first at ${time.now()}`));
    time.after(1_000, () => {
      void Promise.resolve()
        .then(() => Promise.resolve())
        .then(() => seen.push(`continued at ${time.now()}`));
    });
    time.after(500, () => seen.push(`earlier at ${time.now()}`));
    time.after(700, () => seen.push('never')).cancel();
    time.after(1_001, () => seen.push(`last at ${time.now()}`));
    await time.runUntil(2_000);
    expect(seen).toEqual(['earlier at 500', 'first at 1000', 'continued at 1000', 'last at 1001']);
    expect(time.now()).toBe(2_000);
  });
});

describe('the summary', () => {
  it('names what was not reached often enough', () => {
    const total = nothingYet();
    const result = {
      seed: 9,
      theme: 'mixed',
      hash: '',
      events: 12,
      calls: 0,
      boots: 1,
      hits: { 'commit:intent:kept': 49 },
      reasons: { 'act retry': 20 },
      counts: {},
      failures: [],
      tail: [],
    };
    add(total, result);
    const text = lacking(total).join('\n');
    expect(text).toContain('seed 9 had 12 events, 150 are the least');
    expect(text).toContain('the platform was called in 0.0 % of the runs');
    expect(text).toContain('the process died 49 times at commit:intent:kept');
    expect(text).toContain('escalate lost was reached 0 times');
    expect(text).not.toContain('act retry');
    expect(tell(total)).toContain('commit:intent:kept 49');
  });
});

describe('options', () => {
  it.each([
    [['--runs', '0'], '--runs=0: write a whole number from 1 to 1000000'],
    [['--seed', 'x'], '--seed=x: write a whole number from 0 to 2147483648'],
    [['--workers', '1.5'], '--workers=1.5: write a whole number from 1 to 64'],
    [['--sed', '1'], "Unknown option '--sed'"],
  ])('%j is refused with a sentence', (args, text) => {
    expect(() => readOptions(args)).toThrow(text);
  });

  it('are 200 runs from seed 1 where nothing is said', () => {
    expect(readOptions([])).toEqual({ runs: 200, seed: 1, workers: 2, trace: false });
  });
});
