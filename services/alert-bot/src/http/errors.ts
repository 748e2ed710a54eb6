import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { PlaybookError } from '../config/playbooks.ts';
import { StoreError } from '../store/db.ts';
import { PROBLEM_TYPE, PROBLEMS, type ProblemCode, problemOf } from './problem.ts';

/** What a caller did wrong, or what the bot cannot do now: code for machines, sentence for people. */
export class HttpError extends Error {
  override name = 'HttpError';
  readonly code: ProblemCode;
  readonly field: string | undefined;
  /** All that is wrong in a playbook file that was sent. */
  readonly errors: readonly PlaybookError[] | undefined;
  constructor(code: ProblemCode, message: string, field?: string, errors?: readonly PlaybookError[]) {
    super(message);
    this.code = code;
    this.field = field;
    this.errors = errors;
  }
}

/** The status of what `asHttpError` gives. */
export const statusOf = (error: HttpError | null): ContentfulStatusCode =>
  PROBLEMS[error?.code ?? 'internal'][0];

/** The one mapping of errors to answers. What is not an HttpError is internal and shown as a fixed sentence. */
export function answerError(c: Context, error: unknown, failed: (error: unknown) => void): Response {
  const known = asHttpError(error);
  if (known === null) failed(error);
  return answerProblem(
    c,
    known ??
      new HttpError(
        'internal',
        'The bot failed at its own work; its log says why. Alertmanager tries again.',
      ),
  );
}

/** Answers a problem document. @param more what belongs to it besides */
export function answerProblem(
  c: Context,
  { code, message, field, errors }: HttpError,
  more: Readonly<Record<string, unknown>> = {},
): Response {
  const document = JSON.stringify({ ...problemOf(code, message, field), errors, ...more });
  return c.body(document, PROBLEMS[code][0], { 'content-type': PROBLEM_TYPE });
}

/** What a caller is told of an error; null where it is the bot's own failure. */
export function asHttpError(error: unknown): HttpError | null {
  if (error instanceof HttpError) return error;
  if (error instanceof StoreError)
    return new HttpError('log_unavailable', `${error.message}; nothing was changed, try again`);
  return null;
}
