import { parseInput } from '@shop/service/http/input';
import { z } from 'zod';
import { decodeCursor, type Position } from '../store/pages.ts';
import { transactionStatuses } from '../transactions/transaction.ts';

/** Amounts from here on are not taken: sums of very many of them stay exact in a JSON number. */
export const maxAmount = 10_000_000_000;

const currencies: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

export const amount = z
  .int({ error: 'give a whole number of minor units, for example 1250 for 12.50', abort: true })
  .min(1, 'give more than 0 minor units')
  .max(maxAmount, `give at most ${maxAmount} minor units`);

export const currency = z
  .string('give an ISO 4217 code, for example "EUR"')
  .regex(/^[A-Z]{3}$/, {
    error: 'give 3 upper-case letters as in ISO 4217, for example "EUR"',
    abort: true,
  })
  .refine((code) => currencies.has(code), 'give a code of ISO 4217, for example "EUR"');

export const newTransactionSchema = z.strictObject(
  {
    amount,
    currency,
    description: z
      .string('give text or leave it out')
      .max(200, 'give at most 200 characters')
      // PostgreSQL's text cannot hold it.
      .refine((text) => !text.includes('\0'), 'leave out the NUL character')
      .nullable()
      .default(null),
  },
  'send one JSON object with amount and currency',
);

export const idSchema = z.strictObject({ id: z.uuid('give the id of a transaction, a UUID') });

const limit = 'give a whole number from 1 to 100';
export const limitSchema = z
  .string(limit)
  .regex(/^([1-9]\d?|100)$/, limit)
  .default('20')
  .transform(Number);

const cursor = 'give the `next` of a page, or leave it out';
export const cursorSchema = z
  .string(cursor)
  .refine((text) => decodeCursor(text) !== undefined, cursor)
  .transform((text): Position | undefined => decodeCursor(text))
  .optional();

export const pageSchema = z.strictObject({ limit: limitSchema, cursor: cursorSchema });

const statuses = transactionStatuses.join(', ');
export const transactionPageSchema = pageSchema.extend({
  status: z.enum(transactionStatuses, `give one of ${statuses}, or leave it out`).optional(),
});

// What is answered. Validated by the tests, and told in /openapi.json.
export const transactionSchema = z.object({
  id: z.uuid(),
  amount: z.int().min(1),
  currency: z.string(),
  description: z.string().nullable(),
  status: z.enum(transactionStatuses),
  created_at: z.iso.datetime(),
});

export const nextSchema = z.string().nullable().meta({ description: 'The cursor of the next page' });

/** Reads the query of a request. A parameter that is given twice is refused: nobody knows which one is meant. */
export function parseQuery<T>(schema: z.ZodType<T>, queries: Record<string, string[]>): T {
  return parseInput(
    schema,
    Object.fromEntries(
      Object.entries(queries).map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
    ),
  );
}
