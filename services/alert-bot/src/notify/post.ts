import type { Millis } from '../domain/duration.ts';
import { NoticeError } from '../domain/notice.ts';

/** A request that takes longer has failed; whether it was taken is not known then. */
export const WITHIN: Millis = 10_000;
/** Of an answer: enough for its own words. */
const READ_AT_MOST = 2_048;
const SAID_AT_MOST = 200;

export interface Post {
  /** What messages call the other side; the address itself may hold a secret. */
  name: string;
  url: string;
  headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  body: unknown;
  limits: PostLimits;
}

export interface PostLimits {
  /** Aborted when the process stops: nobody waits for an answer then. */
  stopping: AbortSignal;
  within?: Millis;
}

/** Posts JSON. @throws NoticeError for anything but a 2xx answer, with what a person may do about it */
export async function post({ name, url, headers = {}, body, limits }: Post): Promise<void> {
  const { stopping, within = WITHIN } = limits;
  let status: number;
  let text: string;
  let wait: string | null;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
      body: JSON.stringify(body),
      // A secret must not follow a redirection to somebody else.
      redirect: 'manual',
      // Covers the body of the answer too.
      signal: AbortSignal.any([AbortSignal.timeout(within), stopping]),
    });
    ({ status } = response);
    wait = response.headers.get('retry-after');
    text = await startOf(response, READ_AT_MOST);
  } catch (error) {
    throw new NoticeError(`${name}: ${whyFailed(error, within)}`);
  }
  if (status >= 200 && status < 300) return;
  throw new NoticeError(`${name} answered ${status}${remedy(status)}${said(text)}`, retryAfter(wait));
}

/** Reads the start of an answer, and lets the connection go: an answer without an end must not fill the memory. */
export async function startOf(response: Response, atMost: number): Promise<string> {
  if (response.body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length >= atMost) break;
  }
  return text.slice(0, atMost);
}

/** Why there was no answer, in words that hold nothing of a secret. */
export function whyFailed(error: unknown, within: Millis): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${within / 1_000} s`;
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string')
    return `not reachable (${cause.code})`;
  // Such as "bad port"; one with an address in it might hold the secret.
  if (cause instanceof Error && !cause.message.includes('/')) return `not reachable (${cause.message})`;
  return `not reachable (${error instanceof Error ? error.name : 'unknown'})`;
}

function remedy(status: number): string {
  if (status === 401 || status === 403) return ', so it refuses the secret: renew it';
  if (status === 404 || status === 410) return ', so it is not there any more: look at its address';
  if (status >= 300 && status < 400)
    return ', which leads elsewhere and is not followed: give the final address';
  return '';
}

function said(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line === '' ? '' : `: ${line.length > SAID_AT_MOST ? `${line.slice(0, SAID_AT_MOST)}…` : line}`;
}

/** Seconds, or a date. */
function retryAfter(written: string | null): Millis {
  if (written === null) return 0;
  if (/^\d{1,9}$/.test(written)) return Number(written) * 1_000;
  const at = Date.parse(written);
  return Number.isNaN(at) ? 0 : Math.max(0, at - Date.now());
}

/** @throws NoticeError where a secret cannot be read now: it may be there later */
export function secretOf(read: () => string): string {
  try {
    return read();
  } catch (error) {
    throw new NoticeError(error instanceof Error ? error.message : String(error));
  }
}
