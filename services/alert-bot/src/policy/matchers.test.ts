import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { compileMatcher } from './matchers.ts';

describe('what a matcher matches', () => {
  test.each<[matcher: string, value: string | undefined, expected: boolean]>([
    ['severity="critical"', 'critical', true],
    ['severity="critical"', 'criticality', false],
    ['severity="critical"', undefined, false],
    ['severity!="critical"', 'warning', true],
    ['severity!="critical"', 'critical', false],
    // A label that is missing is the empty string, as in Alertmanager.
    ['severity!="critical"', undefined, true],
    ['severity=""', undefined, true],
    ['severity=""', '', true],
    ['severity!=""', undefined, false],
    ['severity=~"critical|warning"', 'warning', true],
    // Anchored at both ends, also around an alternative.
    ['severity=~"critical|warning"', 'warnings', false],
    ['severity=~"critical|warning"', 'xcritical', false],
    ['severity=~"crit.*"', 'critical', true],
    ['severity=~"crit"', 'critical', false],
    ['severity=~".*"', undefined, true],
    ['severity=~".+"', undefined, false],
    ['severity!~".+"', undefined, true],
    ['severity!~"critical|warning"', 'info', true],
    ['severity!~"critical|warning"', 'warning', false],
    ['severity!~"crit"', 'critical', true],
    ['severity=~"(?i)CRITICAL"', 'critical', true],
    ['severity=~""', undefined, true],
    ['severity=~""', 'x', false],
    // A newline is no end of the value; a dot is none, as in Alertmanager.
    ['severity=~"a.b"', 'a\nb', false],
    ['severity=~"(?s:a.b)"', 'a\nb', true],
    ['severity=~"a\\\\nb"', 'a\nb', true],
    ['severity=~"a"', 'a\n', false],
    ['severity="a.b"', 'axb', false],
    // Blanks around the operator, none inside the quotes are lost.
    ['  severity =~ "a b"  ', 'a b', true],
    ['severity=" a "', ' a ', true],
    // Without quotes, as people write it on Alertmanager's command line.
    ['severity=critical', 'critical', true],
    ['severity=~crit.*', 'critical', true],
    ['severity=', undefined, true],
    // Escapes of the quotes, and then those of the expression.
    ['severity="a\\"b"', 'a"b', true],
    ['severity="a\\\\b"', 'a\\b', true],
    ['severity="a\\nb"', 'a\nb', true],
    ['severity=~"10\\\\.0"', '10.0', true],
    ['severity=~"10\\\\.0"', '10x0', false],
    ['severity="a=~b"', 'a=~b', true],
    // Any other backslash stays one, which suits regular expressions.
    ['severity=~"10\\.0"', '10.0', true],
    ['severity=~"10\\.0"', '10x0', false],
    ['severity="a\\tb"', 'a\\tb', true],
    ['severity="},{"', '},{', true],
    ['severity="é✓😀"', 'é✓😀', true],
    ['severity=~"."', '😀', true],
  ])('%s on %j: %s', (text, value, expected) => {
    const matcher = compileMatcher(text);
    expect(matcher.text).toBe(text);
    expect(matcher.matches(value === undefined ? {} : { severity: value })).toBe(expected);
  });
});

// What real Alertmanager takes, and whom it then routes, tried with each pair of a matcher and labels. It also takes what
// is refused here on purpose: a value without quotes that holds its signs, several matchers in one entry, no name.
const OWN_WAY = [
  'severity=a=b',
  'severity==x',
  'severity=a b',
  "severity='a'",
  'severity=~a\\.b',
  'severity=!a',
  '{severity="a"}',
  'severity="a","foo"="b"',
  'severity=a,',
  'severity="a",',
  '""="x"',
];
const recorded = z
  .object({
    labels: z.array(z.record(z.string(), z.string())),
    matchers: z.array(
      z.object({
        matcher: z.string(),
        refused: z.boolean().default(false),
        matches: z.array(z.int()).optional(),
        allBut: z.array(z.int()).optional(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('matchers.recorded.json', import.meta.url), 'utf8')));

test.each(recorded.matchers)('as Alertmanager does: $matcher', ({ matcher, refused, matches, allBut }) => {
  if (refused || OWN_WAY.includes(matcher)) {
    expect(() => compileMatcher(matcher)).toThrow(`"${matcher}"`);
    return;
  }
  const compiled = compileMatcher(matcher);
  const found = recorded.labels.flatMap((labels, i) => (compiled.matches(labels) ? [i] : []));
  const all = recorded.labels.map((_, i) => i);
  expect(found).toEqual(matches ?? all.filter((i) => !(allBut ?? []).includes(i)));
});

test('the name is the whole name, with colons and underscores', () => {
  expect(compileMatcher('_a:b="x"').matches({ '_a:b': 'x' })).toBe(true);
  expect(compileMatcher('a="x"').matches({ aa: 'x' })).toBe(false);
});

// These are no labels, although every JavaScript object seems to have them.
test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
  '%s is a label like any other',
  (name) => {
    expect(compileMatcher(`${name}=""`).matches({})).toBe(true);
    expect(compileMatcher(`${name}=~".*"`).matches({})).toBe(true);
    expect(compileMatcher(`${name}=~".+"`).matches({})).toBe(false);
    const labels = JSON.parse(`{"${name}":"x"}`);
    expect(compileMatcher(`${name}="x"`).matches(labels)).toBe(true);
  },
);

describe('what is refused, with a sentence for a person', () => {
  test.each<[matcher: string, because: string]>([
    ['', 'is not a matcher'],
    ['severity', 'is not a matcher'],
    ['="x"', 'is not a matcher'],
    ['severity=="x"', 'put the value in double quotes'],
    ['severity=a b', 'put the value in double quotes'],
    ['{severity="a"}', 'stands in braces: leave them out'],
    ['severity="a",foo="b"', 'write each as an entry of its own'],
    ['severity=a,foo=b', 'write each as an entry of its own'],
    ["severity='a'", 'put the value in double quotes'],
    ['""="x"', 'names no label'],
    ['"a b"="\\."', '\\. is not an escape here; write \\\\ for a backslash'],
    ['"a b"="\\400"', 'is not an escape'],
    ['"a b"="\\ud800"', 'is not an escape'],
    ['"a b"="\\xff"', 'no UTF-8'],
    ['"a b"="a\nb"', 'write \\n for a new line'],
    ['severity="a', 'the quotes do not close'],
    ['severity="a\\"', 'the quotes do not close'],
    ['severity="a"b', 'after the closing quote comes b'],
    ["severity='a' b", 'put the value in double quotes'],
    ['severity=~"("', 'not an RE2 regular expression'],
    ['severity=~"[a"', 'not an RE2 regular expression'],
    ['severity=~"*"', 'not an RE2 regular expression'],
    // RE2 has none of these; JavaScript has, and they are how an expression hangs.
    ['severity=~"a(?=b)"', 'not an RE2 regular expression'],
    ['severity=~"(?<=a)b"', 'write one without lookahead, lookbehind and backreferences'],
    ['severity=~"(a)\\\\1"', 'write one without lookahead, lookbehind and backreferences'],
    ['severity=~"[z-a]"', 'invalid character class range: `z-a`; mend it there'],
    ['severity=~"a(?!b)"', 'not an RE2 regular expression'],
  ])('%s', (text, because) => {
    expect(() => compileMatcher(text)).toThrow(because);
    expect(() => compileMatcher(text)).toThrow(`"${text}"`);
  });
});

test('a value of 30 kB against (a+)+$ takes less than 50 ms', () => {
  const { matches } = compileMatcher('path=~"(a+)+$"');
  const path = `${'a'.repeat(30_000)}!`;
  matches({ path });
  // The quickest of a few: what else the machine does is none of the engine's slowness.
  const took = [1, 2, 3, 4, 5].map(() => {
    const began = performance.now();
    expect(matches({ path })).toBe(false);
    return performance.now() - began;
  });
  expect(Math.min(...took)).toBeLessThan(50);
});

// JavaScript's own engine needs longer than the universe is old for these; a label value is a stranger's.
test.each(['(a+)+$', '(a|a)*b', '(.*)*x', '(a*)*(a*)*b'])(
  'a label value of 50 kB cannot hang %s',
  (pattern) => {
    const { matches } = compileMatcher(`path=~"${pattern}"`);
    const began = performance.now();
    expect(matches({ path: `${'a'.repeat(50_000)}!` })).toBe(false);
    expect(performance.now() - began).toBeLessThan(5_000);
  },
);
