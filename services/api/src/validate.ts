import type { z } from 'zod';

export interface FieldProblem {
  field: string;
  value: unknown;
  message: string;
}

export type Validated<T> = { ok: true; value: T } | { ok: false; problems: FieldProblem[] };

/**
 * Parses input and, where it does not fit, names each field, the value it had and the remedy.
 * The remedy is the schema's own message: write it as an instruction ("give 3 upper-case letters").
 */
export function validate<T>(schema: z.ZodType<T>, input: unknown): Validated<T> {
  const result = schema.safeParse(input, { reportInput: true });
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, problems: result.error.issues.flatMap(problemsOf) };
}

/** One sentence for several problems. */
export function summary(problems: FieldProblem[]): string {
  return problems.map((problem) => problem.message).join('; ');
}

function problemsOf(issue: z.core.$ZodIssue): FieldProblem[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => {
      const field = shorten([...path, key].join('.'));
      return { field, value: null, message: `${field} is not known here: remove it or correct its spelling` };
    });
  const field = path.join('.') || 'body';
  const value = showable(issue.input);
  const is = issue.input === undefined ? 'is missing' : `is ${shorten(JSON.stringify(value))}`;
  return [{ field, value, message: `${field} ${is}: ${issue.message}` }];
}

// The client gets back what it sent, but not a megabyte of it.
function showable(input: unknown): unknown {
  if (input === undefined) return null;
  if (typeof input === 'string') return shorten(input);
  if (typeof input === 'number' || typeof input === 'boolean' || input === null) return input;
  return shorten(JSON.stringify(input));
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
