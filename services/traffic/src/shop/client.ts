import { causeOf } from '@shop/service/events';
import { z } from 'zod';

/** What the api said, or why it said nothing. `code` is the one of an error in its body. */
export type Reply =
  | { status: number; code: string | undefined; body: unknown; cookies: string[] }
  | { status: undefined; reason: string };

export interface Wanted {
  method: 'GET' | 'POST';
  /** With its query. */
  path: string;
  headers?: Record<string, string>;
  json?: unknown;
  /** Ends the waiting. */
  signal: AbortSignal;
}

export type Ask = (wanted: Wanted) => Promise<Reply>;

const errorBody = z.object({ error: z.object({ code: z.string() }) });

/** Asks the api at this address over HTTP. It never throws: a user who gets no answer has no answer. */
export function createClient(url: string): Ask {
  return async ({ method, path, headers = {}, json, signal }) => {
    try {
      const response = await fetch(url + path, {
        method,
        signal,
        headers: json === undefined ? headers : { ...headers, 'content-type': 'application/json' },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      });
      const text = await response.text();
      const body = parse(text, response.headers.get('content-type'));
      return {
        status: response.status,
        code: errorBody.safeParse(body).data?.error.code,
        body,
        cookies: response.headers.getSetCookie(),
      };
    } catch (error) {
      return { status: undefined, reason: signal.aborted ? 'gave up waiting' : reasonOf(error) };
    }
  };
}

function parse(text: string, contentType: string | null): unknown {
  if (contentType?.includes('json') !== true) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && 'code' in cause) return `no answer (${String(cause.code)})`;
  return `no answer (${causeOf(error) ?? 'unknown reason'})`;
}
