import { join } from 'node:path';
import { run } from './process.ts';

/** The allowance: what so many runs do not find, the simulation does not find. */
export const RUNS = 2_000;
/** Runs at once: few, as the first that fails is enough. */
export const CHUNK = 20;
const CHUNK_AT_MOST = 240_000;

/** A run in which a guarantee was broken, and how, in the words of the oracle. */
export interface Finding {
  seed: number;
  said: string;
}

/** Runs the simulation of a tree from a seed on. @returns what it found, or why it did not come to its end */
export async function simulate(
  tree: string,
  from: number,
  count: number,
): Promise<readonly Finding[] | { broken: string }> {
  const options = ['--runs', `${count}`, '--seed', `${from}`, '--workers', '1'];
  const main = join(tree, 'tests/sim/main.ts');
  const { code, said } = await run(process.execPath, [main, ...options], tree, CHUNK_AT_MOST);
  // "seed 7 (crashes): G2: …" is a verdict on a run; "the simulation broke" is none.
  const found = [...said.matchAll(/^seed (\d+) \([^)]*\): (.+)$/gm)];
  if (code === 0 || (code === 1 && found.length > 0))
    return found.map(([, seed, what = '']) => ({ seed: Number(seed), said: what }));
  return { broken: `the simulation ended with ${code}: ${said.trim().slice(-500)}` };
}
