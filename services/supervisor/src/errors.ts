/** Every code an asker can get, and the HTTP status it is told with. */
export const STATUS = {
  invalid_parameter: 400,
  full_id_required: 400,
  not_found: 404,
  start_failed: 500,
  stop_failed: 500,
  internal: 500,
  shutting_down: 503,
} as const;

export type ErrorCode = keyof typeof STATUS;

/** An error whose message may be shown to the asker. */
export class SupervisorError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SupervisorError';
    this.code = code;
  }
}
