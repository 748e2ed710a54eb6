import { join } from 'node:path';
import type { Mutation } from './mutation.ts';
import { run } from './process.ts';
import { CHUNK, RUNS, simulate } from './simulation.ts';
import { type Verdict, verdictOf } from './verdict.ts';
import { runTests } from './vitest.ts';

/** Linked tests take seconds; a mutation that makes one hang shows nothing. */
const TEST_AT_MOST = 60_000;
const TOOL_AT_MOST = 120_000;

/** A copy of the tree on which one mutation after the other is tried. */
export interface Bench {
  tree: string;
  /** What the type checker says of it unmutated; null where nobody asks it. */
  typeErrors: ReadonlySet<string> | null;
}

/** @param types whether a mutation has to typecheck as well: seconds each, so only who writes one asks for it */
export const createBench = async (tree: string, types: boolean): Promise<Bench> => ({
  tree,
  typeErrors: types ? await typeErrors(tree) : null,
});

/** Applies a mutation, lets the linked test or the simulation find it, and takes it back. */
export async function tryMutation(bench: Bench, mutation: Mutation): Promise<Verdict> {
  const { tree, typeErrors: known } = bench;
  const { proof } = mutation;
  if (known !== null) {
    const errors = await withIt(tree, mutation, () => typeErrors(tree));
    if ('broken' in errors) return { outcome: 'broken', why: errors.broken };
    const added = [...errors].find((error) => !known.has(error));
    if (added !== undefined) return { outcome: 'broken', why: `it does not typecheck: ${added}` };
  }
  if (proof === 'simulation') return bySimulation(tree, mutation);
  return verdictOf(proof, await withIt(tree, mutation, () => runTests(tree, [proof], TEST_AT_MOST)));
}

/** Seed after seed, until one breaks a guarantee with the mutation and none without it. */
async function bySimulation(tree: string, mutation: Mutation): Promise<Verdict> {
  for (let from = 1; from < RUNS; from += CHUNK) {
    const found = await withIt(tree, mutation, () => simulate(tree, from, CHUNK));
    if ('broken' in found) return { outcome: 'broken', why: found.broken };
    for (const { seed, said } of found) {
      const without = await simulate(tree, seed, 1);
      if ('broken' in without) return { outcome: 'broken', why: without.broken };
      if (without.length === 0) return { outcome: 'killed', by: `seed ${seed}: ${said}` };
    }
  }
  return { outcome: 'survived' };
}

/** Does something in the tree while the mutation is in it. */
async function withIt<T>(
  tree: string,
  mutation: Mutation,
  work: () => Promise<T>,
): Promise<T | { broken: string }> {
  const applied = await run('git', ['apply', mutation.patch], tree, TOOL_AT_MOST);
  if (applied.code !== 0) return { broken: howToRenew(mutation, applied.said) };
  const done = await work();
  const back = await run('git', ['apply', '--reverse', mutation.patch], tree, TOOL_AT_MOST);
  if (back.code !== 0) throw new Error(`${mutation.name} cannot be taken back: ${back.said}`);
  return done;
}

const howToRenew = ({ name, changes }: Mutation, said: string): string =>
  `it does not apply to this tree any more. Make the same break in ${changes.join(', ')} by hand, put the output of \
"git diff -U2" for it below the header of ${name}.patch, and take the break back. ${said.trim()}`;

/** Errors of the type checker. A break may well leave a name unused. */
async function typeErrors(tree: string): Promise<ReadonlySet<string>> {
  const state = join(tree, 'node_modules/.types');
  const tsc = join(tree, 'node_modules/.bin/tsc');
  const flags = [
    '--incremental',
    '--tsBuildInfoFile',
    state,
    '--noUnusedLocals',
    'false',
    '--noUnusedParameters',
    'false',
  ];
  const { said } = await run(tsc, ['--noEmit', '--pretty', 'false', ...flags], tree, TOOL_AT_MOST);
  return new Set(said.split('\n').filter((line) => /error TS\d+/.test(line)));
}
