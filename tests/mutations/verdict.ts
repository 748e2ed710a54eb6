import type { LinkedTest } from './mutation.ts';
import type { Tested } from './vitest.ts';

/** What became of a mutation. Broken: it is no proof of anything, because the code did not run as it was meant to. */
export type Verdict =
  | { outcome: 'killed'; by: string }
  | { outcome: 'survived' }
  | { outcome: 'broken'; why: string };

/** A failed expectation, polled for, or of a property. Any other error may be the mutation's own: a name that is not there kills nothing. */
const ASSERTION = /^(AssertionError|Error: expected |Error: Property failed)/;

/** Whether the linked test noticed: it has to fail by an assertion, of itself, and not by chance. */
export function verdictOf(linked: LinkedTest, tested: Tested): Verdict {
  if ('broken' in tested) return { outcome: 'broken', why: tested.broken };
  const ends = tested.ends.filter((end) => isLinked(linked, end));
  if (ends.length === 0)
    return { outcome: 'broken', why: `no test of ${linked.file} is called "${linked.name}"` };
  const failed = ends.filter(({ failures }) => failures.length > 0);
  const [first] = failed;
  if (first === undefined) return { outcome: 'survived' };
  const byAssertion = failed.find(({ failures }) => failures.some((failure) => ASSERTION.test(failure)));
  if (byAssertion !== undefined) return { outcome: 'killed', by: byAssertion.name };
  return {
    outcome: 'broken',
    why: `"${first.name}" fails, yet by no assertion: ${firstLine(first.failures[0])}`,
  };
}

/** Whether a test is the linked one, as vitest's `-t` sees it. */
export const isLinked = (linked: LinkedTest, end: { file: string; name: string }): boolean =>
  end.file === linked.file && end.name.includes(linked.name);

const firstLine = (text = ''): string => text.split('\n')[0] ?? '';
