import type { z } from 'zod';
import { AppError } from '../errors.ts';
import { describe, type Problem, showable, validate } from '../validate.ts';
import type { RequestContext } from './route.ts';

const maxBodyBytes = 16 * 1024;

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
  const text = await readText(c.req.raw);
  try {
    return JSON.parse(text);
  } catch {
    const remedy = 'send one object in JSON';
    const problem = { field: 'body', value: text, remedy } as const;
    throw invalidRequest([{ ...problem, state: text === '' ? 'missing' : 'wrong' }]);
  }
}

/** Counts while reading: a length header may be absent, or lie. */
async function readText({ body }: Request): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of unbroken(body)) {
    bytes += chunk.byteLength;
    if (bytes > maxBodyBytes)
      throw new AppError('payload_too_large', `body is over ${maxBodyBytes} bytes: send a smaller one`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A body that stops in the middle, or takes longer than the listener allows, is the client's trouble and not ours. */
async function* unbroken(body: Request['body']): AsyncIterable<Uint8Array> {
  try {
    yield* body ?? [];
  } catch (cause) {
    throw new AppError('body_broken_off', 'The body broke off before its end.', { cause });
  }
}

function invalidRequest(problems: Problem[]): AppError {
  const fields = problems.map((problem) => ({
    field: problem.field.slice(0, 80),
    value: showable(problem.value),
    message: describe(problem),
  }));
  const message = fields.map((field) => field.message).join('; ');
  return new AppError('invalid_request', message, { details: { fields } });
}
