import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { StoreError } from '../store/db.ts';

/** What a caller did wrong, or what the bot cannot do now: code for machines, sentence for people. */
export class HttpError extends Error {
  override name = 'HttpError';
  readonly code: keyof typeof STATUS;
  readonly field: string | undefined;
  constructor(code: keyof typeof STATUS, message: string, field?: string) {
    super(message);
    this.code = code;
    this.field = field;
  }
}

const STATUS = {
  invalid: 400,
  unauthorized: 401,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  internal: 500,
  log_unavailable: 503,
  platform_unavailable: 503,
} as const satisfies Record<string, ContentfulStatusCode>;

/** The one mapping of errors to answers. What is not an HttpError is internal and shown as a fixed sentence. */
export function answerError(c: Context, error: unknown, failed: (error: unknown) => void): Response {
  const known = asHttpError(error);
  if (known === null) failed(error);
  const { code, message, field } = known ?? {
    code: 'internal' as const,
    message: 'The bot failed at its own work; its log says why. Alertmanager tries again.',
    field: undefined,
  };
  return c.json({ error: { code, message, ...(field === undefined ? {} : { field }) } }, STATUS[code]);
}

function asHttpError(error: unknown): HttpError | null {
  if (error instanceof HttpError) return error;
  if (error instanceof StoreError)
    return new HttpError('log_unavailable', `${error.message}; nothing was changed, try again`);
  return null;
}
