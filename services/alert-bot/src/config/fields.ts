import { z } from 'zod';
import { formatDuration, type Millis, parseDuration } from '../domain/duration.ts';
import { compileMatcher } from '../policy/matchers.ts';
import { replacePlaceholders, templateError } from '../policy/template.ts';
import { proveQueryError } from './prove-query.ts';

/** An error of zod's, as far as these messages look into it. */
interface Found {
  input?: unknown;
}
/** What stands where something should, or `otherwise`: a key without a value is null in YAML. */
const what = ({ input }: Found, otherwise: string): string => {
  if (input === undefined) return 'is missing';
  return input === null ? 'is empty' : otherwise;
};

/** Longer ones are a slip of the pen, and from 25 days on Node's timers fire at once. */
const LONGEST: Millis = 14 * 24 * 3_600_000;

/** A length of time with units, in milliseconds. */
export const duration = (example: string, least: Millis = 1, most: Millis = LONGEST) =>
  durationText(example).transform((written, context): Millis => {
    const { length, error } = readDuration(written, example, least, most);
    if (error !== null) context.addIssue(error);
    return length;
  });

/** A length of time, or the word `manual`. */
export const durationOrManual = (example: string) =>
  durationText(`${example}, or manual`).transform((written, context): Millis | 'manual' => {
    if (written === 'manual') return 'manual';
    const { length, error } = readDuration(written, `${example}, or manual`, 1, LONGEST);
    if (error !== null) context.addIssue(error);
    return length;
  });

const durationText = (example: string) =>
  z.string({
    error: ({ input }: Found) => {
      if (typeof input === 'number' && Number.isSafeInteger(input) && input >= 0) return noUnit(input);
      return `${what({ input }, 'is not a duration')}: write a duration such as ${example}`;
    },
  });

function readDuration(
  text: string,
  example: string,
  least: Millis,
  most: Millis,
): { length: Millis; error: string | null } {
  const length = parseDuration(text);
  if (/^\d+$/.test(text) && text !== '0') return { length: 0, error: noUnit(text) };
  if (length === undefined)
    return { length: 0, error: `is not a duration: write whole numbers with units, such as ${example}` };
  if (length < least) return { length, error: `is too short: write a duration such as ${example}` };
  return { length, error: length > most ? `is too long: write at most ${formatDuration(most)}` : null };
}

const noUnit = (count: number | string): string => `has no unit: write ${count}s, ${count}m or ${count}h`;

export const wholeNumber = (example: number) =>
  z
    .int({
      error: (found: Found) => `${what(found, 'is not a whole number')}: write ${example}`,
    })
    .min(1, `is under 1: write 1 or more, such as ${example}`);

/** A share of a whole in percent, from 1 to 100. */
export const percent = (example: number) =>
  number(example)
    .min(1, `is under 1 percent: write 1 to 100, such as ${example}`)
    .max(100, `is over 100 percent: write 1 to 100, such as ${example}`);

export const number = (example: number) =>
  z.number({
    error: (found: Found) => `${what(found, 'is not a number')}: write ${example}`,
  });

export const text = (example: string) =>
  z
    .string({ error: (found: Found) => `${what(found, 'is not text')}: write ${example}` })
    .min(1, `is empty: write ${example}`);

/** What a map has that is no map at all: `restart:` alone is null in YAML. */
export const map = <Shape extends z.ZodRawShape>(shape: Shape, example: string) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? undefined : `${what(issue, 'is not a map')}: write ${example}`,
  });

/** What a person can still look over. Each playbook is also compared with each one before it. */
const MOST_ENTRIES = 1_000;

/** A list with at least one entry. */
export const list = <Item extends z.ZodType>(item: Item, example: string) =>
  z
    .array(item, { error: (found) => `${what(found, 'is not a list')}: write ${example}` })
    .min(1, `is an empty list: write ${example}`)
    .max(MOST_ENTRIES, `has over ${MOST_ENTRIES} entries: write fewer; one may stand for several`);

/** One matcher in Alertmanager's spelling, compiled. */
export const matcher = text(`'alertname="HighErrorRate"'`).transform((written, context) => {
  try {
    return compileMatcher(written);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    // The compiler's sentence begins with the matcher itself, which stands before this message already.
    context.addIssue(why.slice(`"${written}" `.length));
    return z.NEVER;
  }
});

const SERVICE = `'{{ $labels.service }}' in quotes`;

/** A service's name: written out, or taken from the alert. */
export const service = text(SERVICE).transform((written, context) => {
  const wrong = templateError(written);
  if (wrong !== null) context.addIssue(withRemedy(wrong, SERVICE));
  else if (!/^[A-Za-z0-9_.-]*$/.test(replacePlaceholders(written, () => '')))
    context.addIssue(`is no service's name: write ${SERVICE}`);
  return written;
});

/** A longer one is a dashboard's; the grammar takes seconds for some that are built to. */
const LONGEST_QUERY = 10_000;

/** PromQL with `{{ $labels.x }}` and `{{ $since }}`. */
export const proveQuery = text('a PromQL query').transform((written, context) => {
  if (written.length > LONGEST_QUERY) {
    context.addIssue(`is longer than ${LONGEST_QUERY} characters: write a recording rule and ask for that`);
    return z.NEVER;
  }
  const wrong = templateError(written, ['$since']);
  if (wrong !== null) context.addIssue(withRemedy(wrong, '{{ $labels.service }} or {{ $since }}'));
  else {
    const notPromql = proveQueryError(written);
    if (notPromql !== null) context.addIssue(notPromql);
  }
  return written;
});

const withRemedy = (wrong: string, remedy: string): string =>
  wrong.includes('write ') ? `is not a template: ${wrong}` : `is not a template: ${wrong}; write ${remedy}`;
