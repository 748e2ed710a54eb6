// Files that no person writes by hand: each is refused in words, before it costs more than a moment.
import { expect, test } from 'vitest';
import { formatPlaybookError, loadPlaybooks } from './playbooks.ts';

function errorsOf(text: string): string[] {
  const loaded = loadPlaybooks(text, 'p.yml');
  return 'errors' in loaded ? loaded.errors.map(formatPlaybookError) : [];
}

const GOOD = {
  name: 'one',
  matchers: ['alertname="A"'],
  target: { service: 'api' },
  steps: [{ restart: {} }],
};
const withThis = (part: object, name = 'one') => JSON.stringify({ playbooks: [{ ...GOOD, ...part, name }] });
const DEEP = 'nests deeper than 50 levels, or has an alias of what it stands in: write it flat';

test.each([
  [
    'two documents',
    'playbooks: []\n---\nplaybooks: []',
    'p.yml:2: `---` begins a second document: leave the line out',
  ],
  ['brackets in brackets', `playbooks: ${'['.repeat(10_000)}`, `p.yml:1: ${DEEP}`],
  ['fewer of them, closed', `playbooks: ${'['.repeat(60)}${']'.repeat(60)}`, `p.yml:1: ${DEEP}`],
  ['dashes in dashes', `playbooks:\n${'- '.repeat(10_000)}a`, `p.yml:2: ${DEEP}`],
  ['maps as keys of maps as keys', `${'? '.repeat(45)}a`, 'is not known here'],
  ['an alias of what it stands in', 'playbooks: &a [*a]', `p.yml:1: ${DEEP}`],
  [
    'aliases of aliases',
    aliases(9, 9),
    'p.yml:1: cannot be read: its aliases stand for too much; write it without aliases',
  ],
  [
    'an alias of nothing',
    'a: *b',
    'p.yml:1: cannot be read: an alias stands for nothing above it; write it without aliases',
  ],
  ['tabs', 'playbooks:\n\t- name: a', 'p.yml:2: is not YAML: a tab indents it: write blanks instead'],
  ['bytes', '!!binary aGk=', 'is not YAML: Unresolved tag: tag:yaml.org,2002:binary: leave the tag out'],
  [
    'a directive',
    '%FOO\n---\nplaybooks: []',
    'p.yml:1: `%FOO` is not YAML: Unknown directive %FOO: leave the line out',
  ],
  ['a long file', '#'.repeat(200_000), 'p.yml: is over 128 kB: write fewer playbooks'],
  ['a long list', `playbooks:\n${'- 1\n'.repeat(1_001)}`, 'has over 1000 entries: write fewer'],
  [
    'many unknown keys',
    Array.from({ length: 500 }, (_, i) => `k${i}: 1`).join('\n'),
    'p.yml: has 401 more: mend these first',
  ],
  [
    'a long key',
    `${'k'.repeat(900)}: 1`,
    `p.yml:1: ${'k'.repeat(60)}…: \`${'k'.repeat(60)}…\` is not known here`,
  ],
  [
    'a regular expression of counts',
    withThis({ matchers: [`a=~"${'x{1000}'.repeat(300)}"`] }),
    'is too large a regular expression: write a shorter one',
  ],
  [
    'a regular expression of counts in counts',
    withThis({ matchers: ['a=~"((x[]a-z]{9,999}){99}y){3}"'] }),
    'is too large a regular expression: write a shorter one',
  ],
  ['a regular expression of errors', withThis({ matchers: [`a=~"${'[^'.repeat(200)}"`] }), 'mend it there'],
  [
    'a long query',
    withThis({ prove: { query: '['.repeat(400) + 'x'.repeat(10_000), above: 1 } }),
    'is longer than 10000 characters: write a recording rule',
  ],
  [
    'a query that breaks the line',
    withThis({ prove: { query: 'x }\ny', above: 1 } }),
    'is not PromQL near "x } y": write a query',
  ],
  [
    'a service that is a template of templates',
    withThis({ target: { service: `${'{{ $labels.a }}'.repeat(40)}!` } }),
    "is no service's name: write",
  ],
  [
    'a zone that is none',
    JSON.stringify({
      maintenance: [{ name: 'a', zone: 'E'.repeat(10_000), from: '1:00', to: '2:00' }],
      playbooks: [GOOD],
    }),
    'is not a time zone: write',
  ],
])('%s', { timeout: 5_000 }, (_, text, says) => {
  const errors = errorsOf(text);
  expect(errors.join('\n')).toContain(says);
  for (const error of errors) {
    expect(error).toMatch(/write|mend|leave|keep|did you mean/);
    expect(error.length).toBeLessThan(1_000);
  }
});

test('what is long and fair is taken', () => {
  const names = Array.from({ length: 200 }, (_, i) => `service-${i}`).join('|');
  expect(
    errorsOf(withThis({ matchers: [`service=~"${names}"`, 'ip=~"[0-9]{1,3}(\\\\.[0-9]{1,3}){3}"'] })),
  ).toEqual([]);
  const pods =
    '(api|payments|checkout|basket)-[a-f0-9]{8,10}-[a-z0-9]{5}-[0-9]{1,3}|batch-[0-9]{8}-[a-z0-9]{5}';
  const hosts = [1, 2, 3, 4].map((net) => `10[.]${net}[.][0-9]{1,3}[.][0-9]{1,3}:9100`).join('|');
  expect(errorsOf(withThis({ matchers: [`pod=~"${pods}"`, `instance=~"${hosts}"`] }))).toEqual([]);
});

/** Each line has the one above so many times. */
function aliases(lines: number, times: number): string {
  const each = Array.from(
    { length: lines },
    (_, i) => `a${i + 1}: &a${i + 1} [${Array(times).fill(`*a${i}`).join(', ')}]`,
  );
  return `a0: &a0 [x]\n${each.join('\n')}\nplaybooks: *a${lines}`;
}
