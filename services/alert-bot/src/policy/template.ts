import type { Labels } from '../domain/alert.ts';

const LABEL = /^\$labels\.([a-zA-Z_][a-zA-Z0-9_]*)$/;

/**
 * Fills `{{ $labels.name }}` and the given variables (`{{ $since }}`) into a template.
 * @param quote how a label value is written where it stands, such as inside a PromQL string
 * @returns the text, or which label is missing: an empty value never means "all"
 */
export function fill(
  template: string,
  labels: Labels,
  variables: Readonly<Record<string, string>> = {},
  quote: (value: string) => string = (value) => value,
): { text: string } | { missing: string } {
  let missing: string | undefined;
  const text = replacePlaceholders(template, (expression) => {
    const name = LABEL.exec(expression)?.[1];
    const [values, key] = name === undefined ? [variables, expression] : [labels, name];
    const value = Object.hasOwn(values, key) ? values[key] : undefined;
    if (value === undefined || value === '') missing ??= name ?? expression;
    return name === undefined ? (value ?? '') : quote(value ?? '');
  });
  return missing === undefined ? { text } : { missing };
}

/**
 * Fills the service name of a target. What comes from a label must be a plain name: `other/api` would choose
 * another project and `container:redis` a container, which only the playbook itself may.
 * @returns the name, or why there is none, in a sentence
 */
export function fillService(template: string, labels: Labels): { name: string } | { why: string } {
  let odd: string | undefined;
  const filled = fill(template, labels, {}, (value) => {
    if (!/^[A-Za-z0-9._-]*$/.test(value)) odd ??= value;
    return value;
  });
  if ('missing' in filled)
    return { why: `the alert has no label "${filled.missing}", which the playbook's target needs` };
  if (odd !== undefined)
    return { why: `"${odd.slice(0, 100)}" in a label of the alert is not the name of a service` };
  return { name: filled.text };
}

/** A sentence about what is wrong with a template, or null. */
export function templateError(template: string, variables: readonly string[] = []): string | null {
  let unknown: string | undefined;
  const rest = replacePlaceholders(template, (expression, whole) => {
    if (!LABEL.test(expression) && !variables.includes(expression))
      unknown ??= whole.length > 100 ? `${whole.slice(0, 100)}…` : whole;
    return '';
  });
  if (unknown !== undefined)
    return `${unknown} is not known: write {{ $labels.<name> }}${variables.map((v) => ` or {{ ${v} }}`).join('')}`;
  return /\{\{|\}\}/.test(rest) ? 'a {{ does not close' : null;
}

/**
 * Puts something in the place of each `{{ … }}`. By hand, as every regular expression for it takes quadratic time for
 * some text, and one that also trims blanks takes minutes for a hundred kilobytes of them.
 */
export function replacePlaceholders(
  template: string,
  by: (expression: string, whole: string) => string,
): string {
  const parts: string[] = [];
  let done = 0;
  for (;;) {
    const from = template.indexOf('{{', done);
    const to = from < 0 ? -1 : template.indexOf('}}', from + 2);
    if (to < 0) return parts.join('') + template.slice(done);
    parts.push(
      template.slice(done, from),
      by(template.slice(from + 2, to).trim(), template.slice(from, to + 2)),
    );
    done = to + 2;
  }
}

/**
 * Escapes a value for a PromQL string, so that a label cannot change the query. Quotes as numbers: `\"` is an
 * error between single quotes, and between backticks nothing is an escape, so that no backtick may be left. PromQL takes
 * a replacement character for broken UTF-8, unless it is escaped (seen).
 */
export const quotePromql = (value: string): string =>
  value
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .toWellFormed()
    .replaceAll('\ufffd', '\\ufffd')
    .replaceAll('"', '\\x22')
    .replaceAll("'", '\\x27')
    .replaceAll('`', '\\x60');
