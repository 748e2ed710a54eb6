/** What programs stumble over, as values of JSON and as pieces of text. */
import fc from 'fast-check';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const nested = (depth: number): Json => {
  let value: Json = [];
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
};

export const ODD_KEYS = [
  '__proto__',
  'constructor',
  'toString',
  'length',
  '',
  ' ',
  'a.b',
  '\0',
  '\ud800',
  '1',
];

const ODD_TEXTS = [
  ...ODD_KEYS,
  'x'.repeat(10_000),
  '{{ $labels.service }}',
  '{{'.repeat(500),
  '%s%n',
  '../../../etc/passwd',
  "'; DROP TABLE incidents; --",
  '\u202eabc',
  '\r\nX-Injected: 1',
  '\u0000\u0001\u001b[2J',
  'ﬀ😀\udfff',
  '.*',
  '(a+)+$',
  'other/api',
  'container:redis',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999999Z',
  '-271821-04-20T00:00:00Z',
  '2026-02-30T12:00:00Z',
  '1e400',
  '99999999999999999999y',
  'NaN',
];

export const oddText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...ODD_TEXTS),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

export const oddJson: fc.Arbitrary<Json> = fc.oneof(
  oddText,
  fc.constantFrom<Json>(null, true, false, 0, -0, -1, 1.5, 1e308, -1e308, 2 ** 53, 2 ** 63, 5e-324, [], {}),
  fc.constantFrom(10, 200, 900).map(nested),
  fc.jsonValue({ maxDepth: 3 }).map((value): Json => JSON.parse(JSON.stringify(value))),
);

/** Percent signs, dots, slashes and zeros where a path or a query is taken apart. */
export const oddUrlText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '',
    '..',
    '%2e%2e',
    '%2e%2e%2f',
    '%252e%252e',
    '..;',
    './',
    '//',
    '%00',
    '%',
    '%f',
    '%zz',
    '%ff%fe',
    '%c0%ae',
    '%ed%a0%80',
    '%F0%9F%98%80',
    '?',
    '??',
    '&&',
    '=',
    '#',
    '%23',
    '+',
    '*',
    ':',
    '@',
    '[]',
    '[__proto__]',
    '-1',
    '0',
    '1e3',
    '0x10',
    '9007199254740993',
    '1'.repeat(400),
    'a'.repeat(4_000),
    'supervisor%3Aapi',
    '1%0d%0aX-Injected:1',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }).map(encode),
  fc.integer({ min: 0, max: 40 }).map(String),
);

/** encodeURIComponent, which throws where a surrogate is alone. */
function encode(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}
