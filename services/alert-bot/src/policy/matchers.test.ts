import { describe, expect, test } from 'vitest';
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
    // A newline is a character of the value like any other, and no end of it.
    ['severity=~"a.b"', 'a\nb', true],
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
    ['severity="},{"', '},{', true],
    ['severity="é✓😀"', 'é✓😀', true],
    ['severity=~"."', '😀', true],
  ])('%s on %j: %s', (text, value, expected) => {
    const matcher = compileMatcher(text);
    expect(matcher.text).toBe(text);
    expect(matcher.matches(value === undefined ? {} : { severity: value })).toBe(expected);
  });
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
    ['1a="x"', 'is not a matcher'],
    ['a-b="x"', 'is not a matcher'],
    ['severity=="x"', 'put the value in double quotes'],
    ['severity=a b', 'put the value in double quotes'],
    ['{severity="a"}', 'is not a matcher'],
    ['severity="a","b"', 'the quotes do not close'],
    ['severity="a', 'the quotes do not close'],
    ['severity="a\\"', 'the quotes do not close'],
    ['severity="a"b', 'the quotes do not close'],
    ["severity='a' b", 'put the value in double quotes'],
    ['severity="a\\tb"', '\\t is not an escape'],
    ['severity=~"10\\.0"', '\\. is not an escape'],
    ['severity=~"("', 'not an RE2 regular expression'],
    ['severity=~"[a"', 'not an RE2 regular expression'],
    ['severity=~"*"', 'not an RE2 regular expression'],
    // RE2 has none of these; JavaScript has, and they are how an expression hangs.
    ['severity=~"a(?=b)"', 'not an RE2 regular expression'],
    ['severity=~"a(?!b)"', 'not an RE2 regular expression'],
    ['severity=~"(?<=a)b"', 'not an RE2 regular expression'],
    ['severity=~"(a)\\\\1"', 'not an RE2 regular expression'],
  ])('%s', (text, because) => {
    expect(() => compileMatcher(text)).toThrow(because);
    expect(() => compileMatcher(text)).toThrow(`"${text}"`);
  });
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
