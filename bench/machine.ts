import { execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** What the figures were measured on: they mean nothing on another machine. */
export interface Machine {
  cores: number;
  cpu: string;
  memoryGb: number;
  node: string;
  /** What a write of 4 kB takes to be on disk, in the folder for temporary files: six hundred, 16 ms apart. */
  sync: { median: number; p99: number; worst: number };
  load: string;
}

export const load = (): string =>
  loadavg()
    .map((one) => one.toFixed(2))
    .join(' ');

export const describeMachine = async (): Promise<Machine> => ({
  cores: availableParallelism(),
  cpu: cpus()[0]?.model ?? 'unknown',
  memoryGb: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  sync: await syncLatency(),
  load: load(),
});

/** Spread over seconds: a disk that others use too is slow now and then, and a p99 of decisions, with three syncs each, shows it. */
const SYNCS = 600;
const APART_MS = 16;
const PAGE = Buffer.alloc(4096, 1);

async function syncLatency(): Promise<Machine['sync']> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-sync-'));
  const file = openSync(join(folder, 'file'), 'w');
  try {
    const took: number[] = [];
    while (took.length < SYNCS) {
      writeSync(file, PAGE);
      const began = performance.now();
      fdatasyncSync(file);
      took.push(performance.now() - began);
      await delay(APART_MS);
    }
    const at = (share: number) =>
      took.toSorted((a, b) => a - b)[Math.floor((SYNCS - 1) * share)] ?? Number.NaN;
    return { median: at(0.5), p99: at(0.99), worst: at(1) };
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
