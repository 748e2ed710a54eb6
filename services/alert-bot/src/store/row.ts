import { z } from 'zod';

/** A column that holds JSON of a shape. */
export const json = <T extends z.ZodType>(shape: T) =>
  z.string().transform((text, context): z.output<T> => {
    const parsed = shape.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
    context.addIssue({ code: 'custom', message: `JSON column: ${parsed.error.message}` });
    return z.NEVER;
  });

/** A column that holds 0 or 1. */
export const flag = z.union([z.literal(0), z.literal(1)]).transform((value) => value === 1);

export const labels = z.record(z.string(), z.string());
export const instant = z.number();
export const maybeInstant = z.number().nullable();

// Columns by themselves. A schema is made once: to make one costs more than what it is asked.
export const numbers = z.array(z.number());
export const texts = z.array(z.string());
