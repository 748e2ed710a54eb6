import type { z } from 'zod';
import { AppError } from '../errors.ts';
import { type FieldProblem, summary, validate } from '../validate.ts';
import type { RequestContext } from './route.ts';

/** Parses input from the client; throws `invalid_request` naming each field, its value and the remedy. */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = validate(schema, input);
  if (!result.ok) throw invalidRequest(result.problems);
  return result.value;
}

/** Reads a JSON body and parses it. */
export async function parseBody<T>(c: RequestContext, schema: z.ZodType<T>): Promise<T> {
  return parseInput(schema, await readJson(c));
}

async function readJson(c: RequestContext): Promise<unknown> {
  let text = '';
  try {
    text = await c.req.text();
    return JSON.parse(text);
  } catch (error) {
    // Thrown while reading by the limit on the body's size.
    if (error instanceof AppError) throw error;
    const value = text.slice(0, 80);
    const message = `body is ${value === '' ? 'empty' : 'not JSON'}: send one JSON object`;
    throw invalidRequest([{ field: 'body', value, message }]);
  }
}

function invalidRequest(fields: FieldProblem[]): AppError {
  return new AppError('invalid_request', summary(fields), { details: { fields } });
}
