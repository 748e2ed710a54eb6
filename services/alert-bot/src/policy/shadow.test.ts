import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileMatcher } from './matchers.ts';
import { contradiction, shadows } from './shadow.ts';

test.each<[earlier: string[], later: string[], expected: boolean]>([
  [['a="x"'], ['a="x"'], true],
  [['a="x"'], ['a="x"', 'b="y"'], true],
  [['a="x"', 'b="y"'], ['a="x"'], false],
  [['a="x"'], ['a="y"'], false],
  [['a=~"x|y"'], ['a="x"'], true],
  [['a=~"x|y"'], ['a=~"y|x"'], true],
  [['a=~"x|y"'], ['a=~"x|y|z"'], false],
  [['a=~"x|y"'], ['a=~"x|y|z"', 'a!="z"'], true],
  [['a=~"x.*"'], ['a=~"xa|xb"'], true],
  [['a=~"x.*"'], ['a=~"x.*"'], true],
  // True, and not seen: which of two expressions is the wider one is not worked out.
  [['a=~"x.*"'], ['a=~"xy.*"'], false],
  [['a="x."'], ['a=~"x."'], false],
  [['a!="x"'], ['a="y"'], true],
  [['a!="x"'], ['a!~"x|y"'], true],
  [['a!~"x|y"'], ['a!="x"'], false],
  [['a!~"x|y"'], ['a!="x"', 'a!="y"'], true],
  [['a!=""'], ['a="x"'], true],
  [['a!=""'], ['a=~".+"'], false],
  [['a=""'], ['b="x"'], false],
  [['a=""'], ['a=~"|"'], true],
  [['a=~".*"'], ['b="x"'], false],
  [['a=~"(?i)x"'], ['a="X"'], true],
])('%j shadows %j: %s', (earlier, later, expected) => {
  expect(shadows(earlier, later)).toBe(expected);
});

test.each<[matchers: string[], label: string | null]>([
  [['a="x"', 'a="y"'], 'a'],
  [['a=~"x|y"', 'a="z"'], 'a'],
  [['a=~"x|y"', 'a!~"x|y"'], 'a'],
  [['a="x"', 'a=~"y.*"'], 'a'],
  [['a=~"x|y"', 'a="y"'], null],
  [['a="x"', 'b="y"'], null],
  [['a!="x"', 'a!="y"'], null],
])('what excludes itself in %j: %s', (matchers, label) => {
  expect(contradiction(matchers)).toBe(label);
});

// Never a false claim: whatever is said to be shadowed matches nothing that the earlier ones do not match.
test('what is claimed holds for every alert', () => {
  const matcher = fc
    .tuple(
      fc.constantFrom('a', 'b'),
      fc.constantFrom('=', '!=', '=~', '!~'),
      fc.constantFrom('', 'x', 'y', 'xy', 'x|y', 'x|', 'x.*', '.+', '.*', '(?i)X', '[xy]', 'X'),
    )
    .map(([name, operator, value]) => `${name}${operator}"${value}"`);
  const matchers = fc.array(matcher, { minLength: 1, maxLength: 3 });
  const values = [undefined, 'x', 'y', 'xy', 'X', 'z', 'x\n'];
  const alerts = values.flatMap((a) =>
    values.map((b) => ({ ...(a === undefined ? {} : { a }), ...(b === undefined ? {} : { b }) })),
  );
  const matched = (texts: string[]) => {
    const all = texts.map(compileMatcher);
    return alerts.map((labels) => all.every((one) => one.matches(labels)));
  };
  let claims = 0;
  fc.assert(
    fc.property(matchers, matchers, (earlier, later) => {
      const [first, second] = [matched(earlier), matched(later)];
      if (contradiction(later) !== null) expect(second).not.toContain(true);
      if (!shadows(earlier, later)) return;
      claims += 1;
      expect(second.filter((is, i) => is && first[i] !== true)).toEqual([]);
    }),
    { numRuns: 5_000 },
  );
  expect(claims).toBeGreaterThan(200);
});

test('a thousand playbooks are compared in a moment, each expression compiled once', () => {
  const all = [...Array(1_000).keys()].map((n) => [`a=~"x${n}|y.*"`]);
  expect(all.flatMap((later, i) => all.slice(0, i).filter((earlier) => shadows(earlier, later)))).toEqual([]);
});
