import { RE2JS } from 're2js';
import type { Labels } from '../domain/alert.ts';
import { type MatcherParts, readMatcher } from './matcher-text.ts';

export interface Matcher extends MatcherParts {
  /** As written. */
  text: string;
  /** Whether a value of its label matches; a missing label is the empty one. */
  test(value: string): boolean;
  matches(labels: Labels): boolean;
}

/**
 * Compiles one matcher in Alertmanager's spelling: `name="value"`, `!=`, `=~`, `!~`, with `"quoted names"`. Regular
 * expressions are RE2, anchored at both ends as Alertmanager does; a missing label is the empty string.
 * @throws Error with a sentence for a person, which begins with the text in quotes
 */
export function compileMatcher(text: string): Matcher {
  const parts = partsOf(text);
  const { name, operator, value } = parts;
  const negated = operator.startsWith('!');
  const is = operator.endsWith('~') ? regex(value, text) : (label: string) => label === value;
  const test = (label: string) => is(label) !== negated;
  return {
    ...parts,
    text,
    test,
    matches: (labels) => test((Object.hasOwn(labels, name) ? labels[name] : undefined) ?? ''),
  };
}

function partsOf(text: string): MatcherParts {
  try {
    return readMatcher(text);
  } catch (error) {
    throw new Error(`"${text}" ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Compiling takes some microseconds for each, and what is tried against it later does too. */
const MOST_STATES = 100_000;
/** RE2 itself refuses more, also where counts stand in each other. */
const MOST_REPEATS = 1_000;

function regex(pattern: string, text: string): (label: string) => boolean {
  if (statesOf(pattern) > MOST_STATES)
    throw new Error(
      `"${text}" is too large a regular expression: write a shorter one, or smaller counts in its braces`,
    );
  try {
    // Without DOTALL: a dot is no newline for Alertmanager, although it is one for Prometheus 3 (both seen).
    const compiled = RE2JS.compile(pattern);
    return (label) => compiled.matches(label);
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).replace(
      /^error parsing regexp: /,
      '',
    );
    // What other engines know and this one does not is the mistake that a person cannot see.
    const remedy = /Perl syntax|invalid escape|invalid named/.test(why)
      ? 'write one without lookahead, lookbehind and backreferences'
      : 'mend it there';
    throw new Error(`"${text}" is not an RE2 regular expression: ${why}; ${remedy}`);
  }
}

/**
 * How many states its compiled form has, about: a sign or a class is one a character, a count multiplies what stands before it,
 * and so does one around it.
 */
function statesOf(pattern: string): number {
  const groups = [{ states: 0, last: 0 }];
  const add = (states: number): void => {
    const group = groups.at(-1);
    if (group === undefined) return;
    group.states += states;
    group.last = states;
  };
  for (let at = 0; at < pattern.length; ) {
    const [count, least, most] =
      (pattern[at] === '{' && /^\{(\d{1,4})(?:,(\d{0,4}))?\}/.exec(pattern.slice(at, at + 11))) || [];
    if (count !== undefined) {
      const last = groups.at(-1)?.last ?? 0;
      const times = Math.min(MOST_REPEATS, Math.max(1, Number(most || least)));
      add(last * (times - 1));
      // A count after a count is refused by RE2; it is counted here all the same.
      const group = groups.at(-1);
      if (group !== undefined) group.last = last * times;
      at += count.length;
      continue;
    }
    const atom = atomAt(pattern, at);
    if (atom === '(') groups.push({ states: 1, last: 0 });
    else if (atom === ')' && groups.length > 1) add(groups.pop()?.states ?? 0);
    else add(atom.length);
    at += atom.length;
  }
  return groups.reduce((sum, { states }) => sum + states, 0);
}

/** A sign, an escaped one, or a class in brackets. */
function atomAt(pattern: string, at: number): string {
  if (pattern[at] === '\\') return pattern.slice(at, at + 2);
  if (pattern[at] !== '[') return pattern.charAt(at);
  let end = at + (pattern[at + 1] === '^' ? 2 : 1);
  if (pattern[end] === ']') end += 1;
  while (end < pattern.length && pattern[end] !== ']') end += pattern[end] === '\\' ? 2 : 1;
  return pattern.slice(at, end + 1);
}
