import type { z } from 'zod';

export interface Problem {
  field: string;
  state: 'wrong' | 'missing' | 'unknown';
  value: unknown;
  remedy: string;
}

export type Validated<T> = { ok: true; value: T } | { ok: false; problems: Problem[] };

/**
 * Parses input and, where it does not fit, names each field, the value it had and the remedy.
 * The remedy is the schema's own message: write it as an instruction ("give 3 upper-case letters").
 */
export function validate<T>(schema: z.ZodType<T>, input: unknown): Validated<T> {
  const result = schema.safeParse(input, { reportInput: true });
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, problems: result.error.issues.flatMap(problemsOf) };
}

/** `amount is 12.5: give a whole number of minor units` */
export function describe({ field, state, value, remedy }: Problem): string {
  if (state === 'missing') return `${shorten(field)} is missing: ${remedy}`;
  if (state === 'unknown') return `${shorten(field)} is not known here: ${remedy}`;
  return `${shorten(field)} is ${JSON.stringify(showable(value))}: ${remedy}`;
}

/** Whoever sent a value gets it back, but not a megabyte of it. */
export function showable(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === 'string') return shorten(value);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  return shorten(JSON.stringify(value));
}

function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      field: [...path, key].join('.'),
      state: 'unknown',
      value: undefined,
      remedy: 'remove it or correct its spelling',
    }));
  const value = offendingValue(issue);
  const state = value === undefined ? 'missing' : 'wrong';
  return [{ field: path.join('.') || 'body', state, value, remedy: issue.message }];
}

// For an unknown kind, and for a check over several fields, zod names one field, but reports the whole object as its value.
function offendingValue(issue: z.core.$ZodIssue): unknown {
  const { input } = issue;
  const field = issue.code === 'invalid_union' ? issue.discriminator : issue.path.at(-1);
  const ofSeveral = issue.code === 'invalid_union' || issue.code === 'custom';
  return ofSeveral && field !== undefined && isRecord(input) ? input[field] : input;
}

function isRecord(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
