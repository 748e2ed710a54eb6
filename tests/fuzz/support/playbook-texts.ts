/** Playbook files that went wrong: as bytes, as a tree, and built to exhaust whoever reads them. */
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { mutate, mutation } from './bytes.ts';
import { type Json, oddText } from './odd.ts';
import { change, graft } from './structure.ts';

const TOKENS = [
  ...[
    '---\n',
    '...\n',
    '\n',
    '\t',
    '\r',
    '\0',
    '\ud800',
    '\ufeff',
    ' ',
    '  ',
    '- ',
    '? ',
    ': ',
    ', ',
    '#',
    '"',
    "'",
  ],
  ...[
    '{',
    '}',
    '[',
    ']',
    '[{',
    '{a: ',
    '&a ',
    '*a',
    '<<: *a\n',
    '!!binary ',
    '!!set ',
    '!x ',
    '|',
    '>-\n',
    '%YAML 9\n',
  ],
  ...[
    'playbooks:\n',
    'defaults:\n',
    '  - name: a\n',
    'steps: [ { restart: {} } ]\n',
    '__proto__: 1\n',
    '{{',
    '}}',
    '{{ a }}',
  ],
  ...[
    '{{ $labels.a }}',
    '{{ $since }}',
    '(',
    ')',
    '[1m]',
    '(a{1000}){1000}',
    '(?=a)',
    '\\',
    '\\u{110000}',
    '.*',
    '|',
  ],
  ...[
    '9'.repeat(400),
    '1e999',
    '.nan',
    '0x7f',
    '0o7',
    '2001-01-01',
    '~',
    'null',
    '1h',
    '-1s',
    '99999999999999y',
  ],
];

const SIGNS = [
  'a',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  '|',
  '*',
  '+',
  '?',
  '\\',
  '^',
  '$',
  '.',
  'x{1000}',
  '(?i)',
  '\\pL',
  '[^',
  'ſ',
];
const pieces = (signs: readonly string[], most: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.array(fc.constantFrom(...signs), { maxLength: 30 }).map((parts) => parts.join('')),
    fc.tuple(fc.constantFrom(...signs), fc.nat(most)).map(([sign, times]) => sign.repeat(times)),
  );
const regex = pieces(SIGNS, 20_000);
const template = pieces(['{{', '}}', ' ', '$labels.', '$since', 'service', 'a', '\n', '}', '{', '$'], 60_000);
const promql = fc.oneof(
  template,
  pieces(
    [
      'sum(',
      '(',
      ')',
      'x',
      '{a="b"}',
      '[1m]',
      '[{{ $since }}]',
      ' offset 5m',
      ' + ',
      '-',
      '"',
      '{',
      ' by (a) ',
    ],
    9_000,
  ),
);

/** Files whose shape is fair and whose values are not. */
const built = fc
  .record({
    operator: fc.constantFrom('=', '=~', '!~', '!='),
    regex,
    service: fc.oneof(fc.constant('{{ $labels.service }}'), template, oddText),
    query: promql,
    name: fc.oneof(fc.constant('one'), oddText),
    duration: fc.oneof(fc.constant('5s'), pieces(['1', 's', 'm', 'h', 'd', ' ', '-', '.'], 40_000)),
    zone: fc.oneof(fc.constant('UTC'), pieces(['E', 'Europe/', 'Berlin', '+02:00', '/', 'A'], 20_000)),
  })
  .map(({ operator, regex: value, service, query, name, duration, zone }) =>
    JSON.stringify({
      limits: { settle: duration },
      maintenance: [{ name, zone, from: duration, to: '04:00', days: [name], playbooks: [name] }],
      playbooks: [
        {
          name,
          matchers: [`a${operator}"${value}"`],
          target: { service },
          steps: [{ restart: { timeout: duration } }, { escalate: {} }],
          prove: { query, above: 0.2 },
        },
      ],
    }),
  );

const levels = fc.integer({ min: 1, max: 40_000 });
const bombs = fc.oneof(
  levels.map((n) => `playbooks: ${'['.repeat(n)}${']'.repeat(n)}`),
  levels.map((n) => `playbooks: ${'{a: '.repeat(n)}`),
  levels.map((n) => `playbooks:\n${'- '.repeat(n)}a`),
  fc
    .integer({ min: 1, max: 700 })
    .map((n) => Array.from({ length: n }, (_, i) => `${' '.repeat(i)}a:`).join('\n')),
  fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 60 })).map(([depth, width]) => {
    const lines = Array.from(
      { length: depth },
      (_, i) => `a${i + 1}: &a${i + 1} [${Array(width).fill(`*a${i}`).join(', ')}]`,
    );
    return `a0: &a0 [x]\n${lines.join('\n')}\nplaybooks: *a${depth}`;
  }),
  fc.constantFrom('playbooks: &a [*a]', 'a: &a {b: *a}\nplaybooks: *a', '? &a [*a]\n: 1', 'a: *b', '*a : 1'),
  fc.integer({ min: 1, max: 6_000 }).map((n) => Array.from({ length: n }, (_, i) => `k${i}: 1`).join('\n')),
  fc.integer({ min: 1, max: 6_000 }).map((n) => `playbooks:\n${'  - name: 1\n'.repeat(n)}`),
  fc.integer({ min: 1, max: 6_000 }).map((n) => `${'a: 1\n'.repeat(n)}playbooks: []`),
  fc.integer({ min: 1, max: 200_000 }).map((n) => `${'k'.repeat(n)}: 1`),
);

/** @param shipped a good file, from which most of them come */
export function playbookText(shipped: string): fc.Arbitrary<string> {
  const tree: Json = parse(shipped);
  const bytes = fc
    .array(mutation(TOKENS, 300), { minLength: 1, maxLength: 4 })
    .map((changes) => mutate(Buffer.from(shipped), changes).toString('utf8'));
  const grafted = fc
    .tuple(fc.array(graft, { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([grafts, asJson]) => written(change(tree, grafts), asJson));
  return fc.oneof(
    { weight: 4, arbitrary: bytes },
    { weight: 4, arbitrary: grafted },
    { weight: 3, arbitrary: built },
    { weight: 1, arbitrary: bombs },
  );
}

/** JSON is YAML; the writer of YAML is kept from what is too deep for it. */
function written(value: Json, asJson: boolean): string {
  const json = JSON.stringify(value);
  return asJson || /[[{]{30}/.test(json.replaceAll(/"a":/g, '')) ? json : stringify(value);
}
