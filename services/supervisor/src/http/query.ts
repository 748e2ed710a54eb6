import { z } from 'zod';
import { LONGEST_STOP_MS } from '../config/definition.ts';
import { SupervisorError } from '../errors.ts';

const SECONDS = `must be a number of seconds from 0 to ${LONGEST_STOP_MS / 1000}`;
const LINES = 'must be a whole number of lines, or all';

/** `t`: the grace time in seconds, fractions allowed; without it the process's own stop timeout counts. */
export const actionQuery = z.strictObject({
  t: z
    .string()
    .regex(/^\d+(\.\d+)?$/, SECONDS)
    .transform((seconds) => Math.round(Number(seconds) * 1000))
    .refine((ms) => ms <= LONGEST_STOP_MS, SECONDS)
    .optional(),
});

export const logsQuery = z.strictObject({
  tail: z
    .union(
      [
        z.literal('all').transform(() => Number.MAX_SAFE_INTEGER),
        z
          .string()
          .regex(/^\d{1,9}$/)
          .transform(Number),
      ],
      {
        error: LINES,
      },
    )
    .default(200),
});

/** Throws `invalid_parameter`; a parameter that is not known is an error, or its typing error would be ignored. */
export function parseQuery<T>(schema: z.ZodType<T>, query: Record<string, string>): T {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const told = parsed.error.issues.map((issue) => {
    if (issue.code === 'unrecognized_keys')
      return `${issue.keys.join(', ')}: not a parameter of this request`;
    const name = issue.path.join('.');
    return `${name}: ${issue.message}, not ${JSON.stringify(query[name])}`;
  });
  throw new SupervisorError('invalid_parameter', told.join('; '));
}
