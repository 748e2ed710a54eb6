import { z } from 'zod';

/** A time as Go prints it (RFC 3339, up to nanoseconds), read to milliseconds since the epoch. */
export const instant = z.string().transform((text, context) => {
  const at = Date.parse(text);
  if (Number.isNaN(at)) {
    context.addIssue({ code: 'custom', message: `"${text}" is not a time` });
    return z.NEVER;
  }
  return at;
});
