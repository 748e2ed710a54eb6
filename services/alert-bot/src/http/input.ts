import { z } from 'zod';
import { HttpError } from './errors.ts';

/** What every order carries. */
export const SAY_WHO = 'send {"by":"your name","why":"…"}';
/** Who gives an order, and why: both are kept. */
export const person = {
  by: z.string({ error: 'say who you are' }).trim().min(1, 'say who you are').max(200),
  why: z.string({ error: 'a text' }).max(2_000).default(''),
};

/** An object of these keys and no others: a typo must not be taken for a wish that was left out. */
export function strict<T extends z.ZodRawShape>(shape: T, otherwise = '') {
  const keys = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? `there is no "${issue.keys[0]}"; there are ${keys}` : otherwise,
  });
}

/** A number in a query, as text. */
export const numberFrom = (error: string, least: number, most: number) =>
  z.coerce.number({ error }).int(error).min(least, error).max(most, error);

/** @throws HttpError that names the field and what to write instead */
export function parse<T extends z.ZodType>(shape: T, data: unknown, whole = '(body)'): z.output<T> {
  const parsed = shape.safeParse(data);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') || whole;
  throw new HttpError('invalid', `${field}: ${issue?.message ?? 'not understood'}`, field);
}

/** The body of a request; nothing is an empty object. @throws HttpError where it is not JSON */
export async function readJson(request: Request): Promise<unknown> {
  const text = await request.text();
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    throw new HttpError('invalid', `the body is not JSON: ${SAY_WHO}`, '(body)');
  }
}
