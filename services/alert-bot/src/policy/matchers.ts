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

function regex(pattern: string, text: string): (label: string) => boolean {
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
