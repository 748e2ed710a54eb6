import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { LinkedTest } from './mutation.ts';
import { run } from './process.ts';

const report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      message: z.string().optional(),
      assertionResults: z.array(
        z.object({
          ancestorTitles: z.array(z.string()),
          title: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});

/** One test that ran, and how it failed if it did. */
export interface TestEnd {
  /** Its file, from the root of the tree. */
  file: string;
  name: string;
  failures: readonly string[];
}

/** What a run of tests showed: the tests that ran, or why it could not run to its end. */
export type Tested = { ends: readonly TestEnd[] } | { broken: string };

/**
 * Runs tests by file and name.
 * @param tree the root of the tree to test
 * @param atMost milliseconds for all of them
 */
export async function runTests(tree: string, tests: readonly LinkedTest[], atMost: number): Promise<Tested> {
  const file = join(tree, 'report.json');
  rmSync(file, { force: true });
  const names = [...new Set(tests.map(({ name }) => literally(name)))].join('|');
  const files = [...new Set(tests.map((test) => test.file))];
  const vitest = join(tree, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--reporter=json', `--outputFile=${file}`, '-t', names, ...files];
  const { code, said } = await run(process.execPath, args, tree, atMost);
  if (code === null) return { broken: `it did not end within ${atMost / 1000} s` };
  try {
    return readReport(tree, report.parse(JSON.parse(readFileSync(file, 'utf8'))));
  } catch {
    return { broken: `vitest wrote no report: ${lastLines(said)}` };
  }
}

/** A file that does not load has a message and no tests; a test that was not asked for is no end. */
export function readReport(tree: string, { testResults }: z.output<typeof report>): Tested {
  for (const { name, message, assertionResults } of testResults)
    if (assertionResults.length === 0)
      return { broken: `${within(tree, name)} does not load: ${message ?? ''}` };
  return {
    ends: testResults.flatMap(({ name, assertionResults }) =>
      assertionResults
        .filter(({ status }) => status === 'passed' || status === 'failed')
        .map((one) => ({
          file: within(tree, name),
          // As `-t` sees it.
          name: [...one.ancestorTitles, one.title].join(' > '),
          failures: one.status === 'failed' ? (one.failureMessages ?? ['it failed']) : [],
        })),
    ),
  };
}

const within = (tree: string, file: string): string => file.replace(`${tree}/`, '');
const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const lastLines = (text: string): string => text.trim().split('\n').slice(-5).join('\n');
