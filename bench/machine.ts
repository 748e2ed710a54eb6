import { execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';

/** What the figures were measured on: they mean nothing on another machine. */
export interface Machine {
  cores: number;
  cpu: string;
  memoryGb: number;
  node: string;
  /** Median of the time that a write of 4 kB takes to be on disk, in the folder for temporary files. */
  syncMs: number;
  load: string;
}

export const load = (): string =>
  loadavg()
    .map((one) => one.toFixed(2))
    .join(' ');

export const describeMachine = (): Machine => ({
  cores: availableParallelism(),
  cpu: cpus()[0]?.model ?? 'unknown',
  memoryGb: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  syncMs: syncLatency(),
  load: load(),
});

const SYNCS = 200;
const PAGE = Buffer.alloc(4096, 1);

function syncLatency(): number {
  const folder = mkdtempSync(join(tmpdir(), 'bench-sync-'));
  const file = openSync(join(folder, 'file'), 'w');
  try {
    const took = Array.from({ length: SYNCS }, () => {
      writeSync(file, PAGE);
      const began = performance.now();
      fdatasyncSync(file);
      return performance.now() - began;
    });
    return median(took);
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true });
  }
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

let canPin: boolean | undefined;

/** The command, held on one core where the machine can do that (Linux, util-linux, more than one core). */
export function pinned(
  words: readonly string[],
  core: number | undefined,
): { command: string; args: string[] } {
  const [command, ...args] =
    core === undefined || !pins() ? words : ['taskset', '-c', String(core), ...words];
  if (command === undefined) throw new Error('a command has a word at least');
  return { command, args };
}

export function pins(): boolean {
  canPin ??= availableParallelism() > 1 && works('taskset', ['-c', '0', 'true']);
  return canPin;
}

function works(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
