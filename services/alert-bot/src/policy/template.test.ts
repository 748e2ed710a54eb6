import { parser } from '@prometheus-io/lezer-promql';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fill, fillService, quotePromql, templateError } from './template.ts';

describe('fill', () => {
  const labels = { service: 'api', empty: '', odd: '{{ $labels.service }} $& $1' };
  test.each<[template: string, expected: ReturnType<typeof fill>]>([
    ['api', { text: 'api' }],
    ['', { text: '' }],
    ['{{ $labels.service }}', { text: 'api' }],
    ['{{$labels.service}}', { text: 'api' }],
    ['a-{{ $labels.service }}-{{  $labels.service  }}', { text: 'a-api-api' }],
    ['{{ $since }}', { text: '42s' }],
    // A value is never read as a template again, nor as a replacement pattern.
    ['{{ $labels.odd }}', { text: '{{ $labels.service }} $& $1' }],
    // An empty value would select everything: it is as good as missing.
    ['{{ $labels.empty }}', { missing: 'empty' }],
    ['{{ $labels.nothing }}', { missing: 'nothing' }],
    ['{{ $labels.a }}{{ $labels.b }}', { missing: 'a' }],
    ['{{ $now }}', { missing: '$now' }],
    ['{{ }}', { missing: '' }],
    // What every JavaScript object has is neither a label nor a variable.
    ['{{ $labels.constructor }}', { missing: 'constructor' }],
    ['{{ $labels.__proto__ }}', { missing: '__proto__' }],
    ['{{ toString }}', { missing: 'toString' }],
  ])('G5: %s', (template, expected) => {
    expect(fill(template, labels, { $since: '42s' })).toEqual(expected);
  });
  test('G5: only values of labels are quoted, variables are ours', () => {
    const quote = (value: string) => `<${value}>`;
    expect(fill('{{ $labels.service }} {{ $since }}', labels, { $since: '1s' }, quote)).toEqual({
      text: '<api> 1s',
    });
  });
});

test.each<[template: string, expected: string | null]>([
  ['api', null],
  ['{{ $labels.service }}', null],
  ['{{ $since }}', null],
  ['{{ $labels.service }}-{{ $labels.zone }}', null],
  ['{{ $label.service }}', '{{ $label.service }} is not known: write {{ $labels.<name> }} or {{ $since }}'],
  ['{{ .Labels.service }}', 'is not known'],
  ['{{ $labels.a-b }}', 'is not known'],
  ['{{ }}', 'is not known'],
  ['{{ $labels.service', 'does not close'],
  ['$labels.service }}', 'does not close'],
  ['{{ $labels.service }} {{', 'does not close'],
  ['{{\n$labels.service }}', null],
  ['{ $labels.service }', null],
])('what is wrong with %j: %s', (template, expected) => {
  const error = templateError(template, ['$since']);
  if (expected === null) expect(error).toBeNull();
  else expect(error).toContain(expected);
});

test('without variables only labels are offered', () => {
  expect(templateError('{{ $since }}')).toBe('{{ $since }} is not known: write {{ $labels.<name> }}');
});

describe('a hostile label value cannot change the query', () => {
  /** Names of the nodes of the parsed query, in order, and its strings as Prometheus reads them. */
  function parse(query: string) {
    const nodes: string[] = [];
    const strings: string[] = [];
    parser.parse(query).iterate({
      enter(node) {
        nodes.push(node.name);
        if (node.name === 'StringLiteral') strings.push(query.slice(node.from, node.to));
      },
    });
    return { nodes, strings };
  }
  const QUERIES = {
    '"': 'sum(rate(http_requests_total{service="{{ $labels.service }}"}[1m])) > 0',
    "'": "sum(rate(http_requests_total{service='{{ $labels.service }}'}[1m])) > 0",
    '`': 'sum(rate(http_requests_total{service=`{{ $labels.service }}`}[1m])) > 0',
  };
  const filled = (query: string, service: string) => {
    const result = fill(query, { service }, {}, quotePromql);
    if ('missing' in result) throw new Error(`missing ${result.missing}`);
    return result.text;
  };

  const HOSTILE = [
    'x"} or vector(1) or up{a="',
    "x'} or vector(1) or up{a='",
    'x`} or vector(1) or up{a=`',
    '\\',
    '\\"} or vector(1) #',
    "\\'} or vector(1) #",
    'a\nb',
    '\\n',
    '"\n} # ',
    '{{ $labels.service }}',
    'é✓😀',
    'a\ufffdb',
    'a\ud800b',
  ];
  test.each(
    Object.entries(QUERIES).flatMap(([quotes, query]) => HOSTILE.map((value) => ({ quotes, query, value }))),
  )('G8: $value in $quotes', ({ query, value }) => {
    expect(parse(filled(query, value)).nodes).toEqual(parse(filled(query, 'api')).nodes);
  });

  test('G8: any value of characters that mean something', () => {
    const value = fc.string({
      unit: fc.constantFrom('"', "'", '`', '\\', '\n', '{', '}', '#', 'n', 'x', '2', ' '),
    });
    fc.assert(
      fc.property(
        value.filter((text) => text !== ''),
        (text) => {
          for (const query of Object.values(QUERIES))
            expect(parse(filled(query, text)).nodes).toEqual(parse(filled(query, 'api')).nodes);
        },
      ),
      { seed: 5, numRuns: 1_000 },
    );
  });

  test('G8: in double and single quotes it is still the same value', () => {
    /** Go's escapes, as far as quotePromql writes them. */
    const read = (literal: string) =>
      literal
        .slice(1, -1)
        .replace(
          /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|(.))/gs,
          (_, byte?: string, code?: string, char = '') => {
            const hex = byte ?? code;
            if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
            return char === 'n' ? '\n' : char;
          },
        );
    for (const value of HOSTILE)
      for (const query of [QUERIES['"'], QUERIES["'"]])
        expect(parse(filled(query, value)).strings.map(read)).toEqual([value.toWellFormed()]);
  });
});

test.for([
  ['api', { name: 'api' }],
  ['web-1.blue_green', { name: 'web-1.blue_green' }],
  // Another project, or a container: only a playbook may name those (G5).
  ['other/api', { why: '"other/api" in a label of the alert is not the name of a service' }],
  ['container:redis', { why: '"container:redis" in a label of the alert is not the name of a service' }],
  ['api\n', { why: '"api\n" in a label of the alert is not the name of a service' }],
  ['', { why: `the alert has no label "service", which the playbook's target needs` }],
] as const)('G5: a service label %j', ([service, expected]) => {
  expect(fillService('{{ $labels.service }}', { service })).toEqual(expected);
});

test('G5: a playbook itself may name another project', () => {
  expect(fillService('other/{{ $labels.service }}', { service: 'api' })).toEqual({ name: 'other/api' });
});

// Prometheus 3.14 answers `parse error: invalid UTF-8 rune` to the character itself (tried).
test('a replacement character, and half of a pair, is escaped for PromQL', () => {
  expect(quotePromql('a\ufffdb')).toBe('a\\ufffdb');
  expect(quotePromql('a\ud800b')).toBe('a\\ufffdb');
  expect(quotePromql('😀\0\u2028')).toBe('😀\0\u2028');
});

// Regular expressions for them took minutes for the first three: the bot stood still while it read the file.
test.each([
  ['blanks without an end', `{{${' '.repeat(100_000)}`, 'a {{ does not close'],
  ['nothing but beginnings', '{{'.repeat(50_000), 'a {{ does not close'],
  ['many that are known', '{{ $labels.a }}'.repeat(20_000), null],
  [
    'one that breaks the line',
    '{{ $labels.a\n$labels.b }}',
    '{{ $labels.a\n$labels.b }} is not known: write {{ $labels.<name> }}',
  ],
  [
    'a very long one',
    `{{ ${'a'.repeat(1_000)} }}`,
    `{{ ${'a'.repeat(97)}… is not known: write {{ $labels.<name> }}`,
  ],
])('a template of %s is judged at once', (_, template, says) => {
  expect(templateError(template)).toBe(says);
});
