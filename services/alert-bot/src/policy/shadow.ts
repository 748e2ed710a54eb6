import { compileMatcher, type Matcher } from './matchers.ts';

/** Each playbook is compared with each one before it; compiling its expressions every time takes minutes for some thousand. */
const known = new WeakMap<readonly string[], readonly Matcher[]>();
function compiled(texts: readonly string[]): readonly Matcher[] {
  const matchers = known.get(texts) ?? texts.map(compileMatcher);
  known.set(texts, matchers);
  return matchers;
}

/** What is known of the values that one label may have, for some matchers to match. */
interface Allowed {
  /** These only; null where it may be anything but `not`. */
  values: readonly string[] | null;
  not: ReadonlySet<string>;
  /** Expressions it matches or does not match, as written. */
  regex: ReadonlySet<string>;
}

/**
 * Whether every alert that some matchers match is matched by earlier ones as well. Claims nothing that it cannot
 * prove: two different expressions of which one contains the other are not seen as such.
 */
export function shadows(earlier: readonly string[], later: readonly string[]): boolean {
  const narrow = compiled(later);
  return compiled(earlier).every((matcher) => follows(matcher, allowed(narrow, matcher.name)));
}

/** A label whose matchers exclude each other, so that together they match nothing; null where none is found. */
export function contradiction(texts: readonly string[]): string | null {
  const matchers = compiled(texts);
  const names = [...new Set(matchers.map(({ name }) => name))];
  return names.find((name) => allowed(matchers, name).values?.length === 0) ?? null;
}

function allowed(matchers: readonly Matcher[], name: string): Allowed {
  const own = matchers.filter((matcher) => matcher.name === name);
  const lists = own.filter(({ operator }) => !operator.startsWith('!')).flatMap((one) => listed(one) ?? []);
  const bounded = own.some((one) => !one.operator.startsWith('!') && listed(one) !== null);
  return {
    values: bounded ? [...new Set(lists)].filter((value) => own.every((one) => one.test(value))) : null,
    not: new Set(own.filter(({ operator }) => operator.startsWith('!')).flatMap((one) => listed(one) ?? [])),
    regex: new Set(own.filter(({ operator }) => operator.endsWith('~')).map(keyOf)),
  };
}

/** Whether a matcher matches whatever value is allowed. */
function follows(matcher: Matcher, { values, not, regex }: Allowed): boolean {
  if (values !== null) return values.every((value) => matcher.test(value));
  if (matcher.operator === '!~' || matcher.operator === '!=') {
    const excluded = listed(matcher);
    if (excluded?.every((value) => not.has(value)) === true) return true;
  }
  // A present label: `!=""` and `=~".+"` differ only in what a newline is, so that the one follows from neither.
  return matcher.operator.endsWith('~') && regex.has(keyOf(matcher));
}

const keyOf = ({ operator, value }: Matcher): string => operator + value;

/** The values that a matcher lists: one, or those of an expression that is nothing but alternatives. */
function listed({ operator, value }: Matcher): readonly string[] | null {
  if (!operator.endsWith('~')) return [value];
  return /[\\.+*?()[\]{}^$]/.test(value) ? null : value.split('|');
}
