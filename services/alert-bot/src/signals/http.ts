import type { z } from 'zod';
import type { Millis } from '../domain/duration.ts';
import { SignalError } from '../domain/signals.ts';

/** A server of ours with the way to name it to people. */
export interface Endpoint {
  /** Always ends in a slash, so that a base path is kept (`http://am:9093/alertmanager/`). */
  base: URL;
  headers: Readonly<Record<string, string>>;
  /** What messages call it; never holds a password. */
  name: string;
}

/**
 * Reads a server's URL. A user and password in it become a header: fetch refuses them in the URL, and they
 * must not reach a message.
 */
export function endpoint(product: string, url: URL): Endpoint {
  const base = new URL(url);
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  base.username = '';
  base.password = '';
  base.search = '';
  base.hash = '';
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  const headers: Record<string, string> =
    credentials === ':' ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
  return { base, headers, name: `${product} ${base.href}` };
}

export interface Ask {
  /** Relative to the endpoint's base, such as `api/v1/rules`. */
  path: string;
  /** JSON or form body; makes it a POST. */
  body?: { type: 'application/json' | 'application/x-www-form-urlencoded'; text: string };
  /** The time limit of this request or of the reading it belongs to; covers the body too. */
  signal: AbortSignal;
  atMost: Millis;
}

/**
 * Asks and returns the body of a 2xx answer. Everything else is a SignalError that says who was asked, what
 * came back and what to look at.
 */
export async function askText(to: Endpoint, ask: Ask): Promise<string> {
  const init: RequestInit = { headers: { ...to.headers }, signal: ask.signal };
  if (ask.body !== undefined) {
    init.method = 'POST';
    init.headers = { ...to.headers, 'content-type': ask.body.type };
    init.body = ask.body.text;
  }
  let status: number;
  let text: string;
  try {
    const response = await fetch(new URL(ask.path, to.base), init);
    status = response.status;
    text = await response.text();
  } catch (error) {
    throw new SignalError(`${to.name}: ${whyFailed(error, ask.atMost)}`, { cause: error });
  }
  if (status >= 200 && status < 300) return text;
  throw new SignalError(`${to.name} answered ${status} to ${ask.path}: ${saidBy(text)}`);
}

/** As askText, for a JSON answer of a known shape. Unknown keys pass, what is used must be right. */
export async function askJson<T>(to: Endpoint, ask: Ask, shape: z.ZodType<T>): Promise<T> {
  const text = await askText(to, ask);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new SignalError(
      `${to.name} answered ${ask.path} with something that is not JSON; check that the URL names its API: ${saidBy(text)}`,
      { cause: error },
    );
  }
  const read = shape.safeParse(body);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw new SignalError(
    `${to.name} answered ${ask.path} in a shape this bot does not know: ${issue?.path.join('.')}: ${issue?.message}`,
    { cause: read.error },
  );
}

function whyFailed(error: unknown, atMost: Millis): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${atMost} ms`;
  // fetch says only "fetch failed"; the reason (ECONNREFUSED, ENOTFOUND …) is its cause.
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error) {
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
    return `not reachable: ${cause.message === '' ? code : cause.message}`;
  }
  return `not reachable: ${error instanceof Error ? error.message : String(error)}`;
}

const SAID_AT_MOST = 300;

/** The server's own words: Prometheus has `error`, Alertmanager a JSON string or `message`. */
function saidBy(text: string): string {
  let said = text;
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'string') said = body;
    else if (typeof body === 'object' && body !== null) {
      if ('error' in body && typeof body.error === 'string') said = body.error;
      else if ('message' in body && typeof body.message === 'string') said = body.message;
    }
  } catch {
    // Not JSON: a proxy's page or plain text, shown as it is.
  }
  const line = said.replace(/\s+/g, ' ').trim();
  if (line === '') return '(empty body)';
  return line.length > SAID_AT_MOST ? `${line.slice(0, SAID_AT_MOST)}…` : line;
}
