// npm run test:mutations: breaks the product in many small ways and shows that a test notices each of them.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { copyTree } from './copy.ts';
import { type Mutation, readMutations } from './mutation.ts';
import { endAll } from './process.ts';
import { type Bench, createBench, tryMutation } from './trial.ts';
import { isLinked, type Verdict } from './verdict.ts';
import { runTests } from './vitest.ts';

const root = resolve(import.meta.dirname, '../..');
const WORKERS = 2;
const BASELINE_AT_MOST = 300_000;

interface Row {
  mutation: Mutation;
  verdict: Verdict;
  seconds: number;
}

const copies = new DisposableStack();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    endAll();
    copies.dispose();
    process.exit(1);
  });
try {
  const { values } = parseArgs({ options: { only: { type: 'string' }, types: { type: 'boolean' } } });
  process.exitCode = (await main(chosen(values.only), values.types === true)) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  copies.dispose();
}

function chosen(numbers: string | undefined): Mutation[] {
  const all = readMutations(import.meta.dirname);
  const only = numbers?.split(',');
  const missing = only?.find((number) => all.every((mutation) => mutation.number !== number));
  if (missing !== undefined)
    throw new Error(`--only ${missing}: there are ${all.map(({ number }) => number).join(', ')}`);
  return all.filter(({ number }) => only?.includes(number) ?? true);
}

/** @returns whether every mutation was killed */
async function main(mutations: readonly Mutation[], types: boolean): Promise<boolean> {
  const began = performance.now();
  const trees = Array.from(
    { length: Math.min(WORKERS, mutations.length) },
    () => copies.use(copyTree(root)).path,
  );
  const [benches] = await Promise.all([
    Promise.all(trees.map((tree) => createBench(tree, types))),
    showBaseline(mutations, trees[0] ?? root),
  ]);
  const rows = await tryAll(mutations, benches);

  const bad = rows.filter(({ verdict }) => verdict.outcome !== 'killed');
  for (const row of bad) console.error(`\n${explain(row)}`);
  const took = Math.round((performance.now() - began) / 1000);
  console.log(`\n${rows.length} mutations, ${rows.length - bad.length} killed, in ${took} s`);
  return bad.length === 0;
}

/** A test that fails without any mutation would kill them all: so first all of them have to pass. */
async function showBaseline(mutations: readonly Mutation[], tree: string): Promise<void> {
  const linked = mutations.flatMap(({ proof }) => (proof === 'simulation' ? [] : [proof]));
  if (linked.length === 0) return;
  const tested = await runTests(tree, linked, BASELINE_AT_MOST);
  if ('broken' in tested) throw new Error(`the linked tests cannot run: ${tested.broken}`);
  const ends = tested.ends.filter((end) => linked.some((one) => isLinked(one, end)));
  const failed = ends.filter(({ failures }) => failures.length > 0);
  const missing = linked.filter((one) => !ends.some((end) => isLinked(one, end)));
  const problems = [
    ...failed.map(
      ({ file, name, failures }) => `${file}: "${name}" fails without a mutation: ${failures[0]}`,
    ),
    ...missing.map(({ file, name }) => `${file}: no test is called "${name}"`),
  ];
  if (problems.length > 0) throw new Error(problems.join('\n'));
  console.log(`${ends.length} linked tests pass on the tree as it is.\n`);
}

/** One after the other on each bench; the rows are printed in the order of the numbers, each as soon as it can be. */
async function tryAll(mutations: readonly Mutation[], benches: readonly Bench[]): Promise<Row[]> {
  const left = [...mutations];
  const done = new Map<Mutation, Row>();
  let printed = 0;
  const work = async (bench: Bench) => {
    for (let mutation = left.shift(); mutation !== undefined; mutation = left.shift()) {
      const began = performance.now();
      const verdict = await tryMutation(bench, mutation);
      done.set(mutation, { mutation, verdict, seconds: (performance.now() - began) / 1000 });
      for (let next = mutations[printed]; next !== undefined && done.has(next); next = mutations[++printed]) {
        const row = done.get(next);
        if (row !== undefined) console.log(line(row));
      }
    }
  };
  await Promise.all(benches.map(work));
  return mutations.flatMap((mutation) => done.get(mutation) ?? []);
}

function line({ mutation, verdict, seconds }: Row): string {
  const { name, guarantees, proof } = mutation;
  const file = proof === 'simulation' ? '' : `${proof.file.replace(/^.*\/src\//, '')}: `;
  const end = verdict.outcome === 'killed' ? `${file}${verdict.by}` : verdict.outcome.toUpperCase();
  return `${name.padEnd(34)} ${guarantees.join(' ').padEnd(8)} ${seconds.toFixed(1).padStart(5)} s  ${end}`;
}

function explain({ mutation, verdict }: Row): string {
  const { name, breaks } = mutation;
  if (verdict.outcome === 'broken') return `${name} shows nothing: ${verdict.why}`;
  return `${name} survived: ${breaks}, and the linked test passes. That is a defect of the test: mend it.`;
}
