/**
 * HTTP status of every error that a service of the shop answers with: one list, so that a code means the same in each.
 * A code outside it cannot be thrown.
 */
export const errorStatus = {
  invalid_request: 400,
  body_broken_off: 400,
  unauthorized: 401,
  payment_declined: 402,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  key_reused: 409,
  key_in_flight: 409,
  payload_too_large: 413,
  key_mismatch: 422,
  too_many_batches: 429,
  internal: 500,
  gateway_failed: 502,
  outcome_unknown: 502,
  database_unavailable: 503,
  shutting_down: 503,
  client_gone: 504,
  gateway_timeout: 504,
} as const;

export type ErrorCode = keyof typeof errorStatus;

/** An error whose message and details may be shown to the client. Its cause is for the log only. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    { cause, details = {} }: { cause?: unknown; details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, { cause });
    this.name = 'AppError';
    this.code = code;
    this.details = details;
  }
}

/** What is shown for anything that is not an AppError; the whole error goes to the log under the request id. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError(
    'internal',
    'Something went wrong on our side. Quote the request id when you report it.',
    { cause: error },
  );
}

/** The one shape of every error body. */
export function errorBody(error: AppError, requestId: string) {
  return {
    error: { code: error.code, message: error.message, ...error.details, request_id: requestId },
  };
}
