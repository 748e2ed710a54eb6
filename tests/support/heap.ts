/** Measures what a process keeps: heap and what hangs on it after a garbage collection, and its resident set. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { until } from '../../scripts/stack/until.ts';

/** `blockedMs`: how long the event loop was held at most since the last sample. */
const sample = z.object({ heap: z.number(), rss: z.number(), blockedMs: z.number() });
export type Memory = z.infer<typeof sample>;

/** A probe for one process: start it with `env`, then ask by its pid. */
export function createHeapProbe() {
  const folder = mkdtempSync(join(tmpdir(), 'heap-'));
  const file = join(folder, 'samples');
  const lines = () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []);
  return {
    env: { NODE_OPTIONS: `--import ${join(import.meta.dirname, 'heap-probe.mjs')}`, HEAP_PROBE: file },
    /** Bytes, after a garbage collection. */
    async measure(pid: number): Promise<Memory> {
      const before = lines().length;
      process.kill(pid, 'SIGUSR2');
      await until(() => lines().length > before, { what: 'a heap sample', withinMs: 10_000 });
      return sample.parse(JSON.parse(lines().at(-1) ?? ''));
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export type HeapProbe = ReturnType<typeof createHeapProbe>;

/** The slope of a least-squares line through samples, in MB a minute. */
export function slopePerMinute(samples: readonly { atMs: number; bytes: number }[]): number {
  const mean = (of: (one: { atMs: number; bytes: number }) => number) =>
    samples.reduce((sum, one) => sum + of(one), 0) / samples.length;
  const [time, bytes] = [mean(({ atMs }) => atMs), mean((one) => one.bytes)];
  const covariance = mean((one) => (one.atMs - time) * (one.bytes - bytes));
  const variance = mean((one) => (one.atMs - time) ** 2);
  return (covariance / variance / 1e6) * 60_000;
}
