import { join } from 'node:path';
import type { Mutation } from './mutation.ts';
import { run } from './process.ts';
import { passesWithout, simulate } from './simulation.ts';
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

/** Applies a mutation, lets the linked test find it, and takes it back. */
export async function tryMutation(bench: Bench, mutation: Mutation): Promise<Verdict> {
  const { tree } = bench;
  const applied = await run('git', ['apply', mutation.patch], tree, TOOL_AT_MOST);
  if (applied.code !== 0) return { outcome: 'broken', why: howToRenew(mutation, applied.said) };
  const verdict = await verdictOn(bench, mutation);
  const back = await run('git', ['apply', '--reverse', mutation.patch], tree, TOOL_AT_MOST);
  if (back.code !== 0) throw new Error(`${mutation.name} cannot be taken back: ${back.said}`);
  if (mutation.proof === 'simulation' && !(await passesWithout(tree, verdict)))
    return { outcome: 'broken', why: 'the seed that found it fails without it as well' };
  return verdict;
}

async function verdictOn({ tree, typeErrors: known }: Bench, { proof }: Mutation): Promise<Verdict> {
  const errors = known === null ? [] : [...(await typeErrors(tree))];
  const added = errors.find((error) => !known?.has(error));
  if (added !== undefined) return { outcome: 'broken', why: `it does not typecheck: ${added}` };
  if (proof === 'simulation') return simulate(tree);
  return verdictOf(proof, await runTests(tree, [proof], TEST_AT_MOST));
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
