import { z } from 'zod';
import { NO_REASON } from '../store/controls.ts';
import { BodyError, readBody, refusalOf } from './bodies.ts';
import { HttpError } from './errors.ts';

/** What every order carries. */
export const SAY_WHO = 'send {"by":"your name","why":"…"}';
/** What a person writes, and is kept. @param error what is said where it is no text */
export const words = (error: string) => z.string({ error }).trim().max(2_000, 'at most 2000 characters');
/** Who gives an order, and why: both are kept. */
export const person = {
  by: z
    .string({ error: 'say who you are' })
    .trim()
    .min(1, 'say who you are')
    .max(200, 'at most 200 characters'),
  // Whoever stops the bot at night is not held up for words.
  why: words('a text')
    .default('')
    .transform((why) => why || NO_REASON),
};

/** An object of these keys and no others: a typo must not be taken for a wish that was left out. */
export function strict<T extends z.ZodRawShape>(shape: T, otherwise = '') {
  const keys = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `there is no "${shorten(issue.keys[0] ?? '')}"; there ${keys === '' ? 'is none' : `are ${keys}`}`
        : otherwise,
  });
}

const LONGEST_SHOWN = 100;
/** A text that somebody sent, as an answer repeats it. */
export const shorten = (text: string): string =>
  text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;

/** A name in a query: nothing that is asked for is longer. */
export const name = z.string({ error: 'a text' }).max(300, 'longer than any: at most 300 characters');

const TIME = 'a time such as 2026-01-31T12:00:00Z, or a day such as 2026-01-31 (UTC)';
/** A time in a query; milliseconds when it is read. */
export const time = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], { error: TIME })
  .transform((text) => Date.parse(text));

export const LIMIT = 'a number from 1 to 500';
/** How a list is asked for in pages. */
export const paging = {
  cursor: z
    .string()
    .max(8_000, 'no cursor is that long')
    .optional()
    .meta({ description: '`next` of the page before, with the same query' }),
  limit: numberFrom(LIMIT, 1, 500).default(50),
};

/** The number of an incident in a query. */
export const incidentNumber = numberFrom('an incident number', 1, Number.MAX_SAFE_INTEGER);

/** A number in a query, as text. */
export function numberFrom(error: string, least: number, most: number) {
  return z.coerce.number({ error }).int(error).min(least, error).max(most, error);
}

/** @throws HttpError that names the field and what to write instead */
export function parse<T extends z.ZodType>(shape: T, data: unknown, whole = '(body)'): z.output<T> {
  const parsed = shape.safeParse(data);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') || whole;
  throw new HttpError('invalid', `${shorten(field)}: ${issue?.message ?? 'not understood'}`, shorten(field));
}

/** The body of a request; nothing is an empty object. @param remedy what to send @throws HttpError where it is not JSON */
export async function readJson(request: Request, remedy = SAY_WHO): Promise<unknown> {
  const text = await readText(request);
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    throw new HttpError('invalid', `the body is not JSON: ${remedy}`, '(body)');
  }
}

/** An order is a few words, and a simulation at most a hundred alerts. */
const ORDER = { each: 1024 * 1024, remedy: 'send less at once' };

/** The body of an order as text. @throws HttpError where it is too large, or breaks off before its end */
export async function readText(request: Request): Promise<string> {
  try {
    return await readBody(request, ORDER);
  } catch (error) {
    throw error instanceof BodyError ? refusalOf(error) : error;
  }
}
