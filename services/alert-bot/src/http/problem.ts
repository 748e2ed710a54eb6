import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';

/** Everything that can be wrong with a request or with the bot, and the status and title that go with it. */
export const PROBLEMS = {
  invalid: [400, 'The request is not understood'],
  unauthorized: [401, 'A valid token is missing'],
  forbidden: [403, 'This did not come from a page of the session'],
  not_found: [404, 'There is no such thing'],
  conflict: [409, 'It cannot be done now'],
  too_large: [413, 'The request is too large'],
  too_long: [422, 'To answer it takes too long'],
  internal: [500, 'The bot failed at its own work'],
  overloaded: [503, 'The bot has too much to do'],
  log_unavailable: [503, 'The incident log cannot be written'],
  platform_unavailable: [503, 'The platform does not answer'],
  too_slow: [503, 'The request took too long to arrive'],
} as const satisfies Record<string, readonly [ContentfulStatusCode, string]>;
export type ProblemCode = keyof typeof PROBLEMS;

export const PROBLEM_TYPE = 'application/problem+json';

const CODES = z.enum([
  'invalid',
  'unauthorized',
  'forbidden',
  'not_found',
  'conflict',
  'too_large',
  'too_long',
  'internal',
  'overloaded',
  'log_unavailable',
  'platform_unavailable',
  'too_slow',
] satisfies ProblemCode[]);

/** One thing that is wrong in a playbook file, as `alert-bot check --json` tells it. */
const mistakeShape = z.object({
  file: z.string().meta({ description: 'What it was sent as: playbooks or overrides' }),
  line: z.int().meta({ description: 'From 1; 0 where the file itself is the trouble' }),
  path: z.string(),
  value: z.string(),
  message: z.string(),
});

/** RFC 9457, with what is ours beside it: `code` for machines, `field` for what is to be mended. */
export const problemShape = z
  .object({
    type: z.string().meta({ description: 'urn:alert-bot:problem: and the code' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'What is wrong and what to do, in a sentence for a person' }),
    code: CODES,
    field: z.string().optional().meta({ description: 'What of the request is wrong' }),
    errors: z.array(mistakeShape).optional().meta({ description: 'All that is wrong in a playbook file' }),
  })
  .meta({ id: 'Problem' });
export type Problem = z.output<typeof problemShape>;

/** The one shape of every error that the bot answers. */
export function problemOf(code: ProblemCode, detail: string, field?: string): Problem {
  const [status, title] = PROBLEMS[code];
  const problem = { type: `urn:alert-bot:problem:${code}`, title, status, detail, code };
  return field === undefined ? problem : { ...problem, field };
}
