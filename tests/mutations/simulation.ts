import { join } from 'node:path';
import { run } from './process.ts';
import type { Verdict } from './verdict.ts';

/** The allowance: what so many runs do not find, the simulation does not find. */
const RUNS = 2_000;
/** Runs at once: few, as the first that fails is enough. */
const CHUNK = 40;
const CHUNK_AT_MOST = 240_000;

/** Lets the simulation look for a mutation, seed after seed, until one breaks a guarantee. */
export async function simulate(tree: string): Promise<Verdict> {
  for (let seed = 1; seed < RUNS; seed += CHUNK) {
    const { code, said } = await runs(tree, seed, CHUNK);
    if (code === 0) continue;
    // "seed 7 (crashes): G2: …" is what the oracle says of a run, "the simulation broke" is no verdict.
    const found = /^seed (\d+) \([^)]*\): (.+)$/m.exec(said);
    if (code === 1 && found !== null) return { outcome: 'killed', by: `seed ${found[1]}: ${found[2]}` };
    return { outcome: 'broken', why: `the simulation ended with ${code}: ${said.trim().slice(-500)}` };
  }
  return { outcome: 'survived' };
}

/** Whether the seed that found a mutation passes without it. */
export async function passesWithout(tree: string, verdict: Verdict): Promise<boolean> {
  const seed = verdict.outcome === 'killed' ? /^seed (\d+):/.exec(verdict.by)?.[1] : undefined;
  return seed === undefined || (await runs(tree, Number(seed), 1)).code === 0;
}

const runs = (tree: string, seed: number, count: number) =>
  run(
    process.execPath,
    [join(tree, 'tests/sim/main.ts'), '--runs', `${count}`, '--seed', `${seed}`, '--workers', '1'],
    tree,
    CHUNK_AT_MOST,
  );
