/**
 * @typedef {object} Answer
 * @property {number} status 0: nobody answered
 * @property {any} body parsed JSON, undefined without
 * @property {string | undefined} traceId of this request, where it is traced
 * @property {string | undefined} requestId as in the log
 * @property {number} ms until the answer was there
 */

/** Patience in milliseconds; the API answers sooner, or not at all. */
const patienceMs = 20_000;

/**
 * Asks the API. Never throws: no answer is an answer with status 0.
 * @param {string} method
 * @param {string} path
 * @param {{ body?: unknown, headers?: Record<string, string> }} [more]
 * @returns {Promise<Answer>}
 */
export async function ask(method, path, { body, headers = {} } = {}) {
  const started = performance.now();
  const took = () => Math.round(performance.now() - started);
  /** @type {RequestInit} */
  const request = { method, headers, signal: AbortSignal.timeout(patienceMs) };
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers = { ...headers, 'content-type': 'application/json' };
  }
  try {
    const response = await fetch(path, request);
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return {
      status: response.status,
      body: isJson ? await response.json() : await response.text(),
      traceId: response.headers.get('x-trace-id') ?? undefined,
      requestId: response.headers.get('x-request-id') ?? undefined,
      ms: took(),
    };
  } catch {
    return { status: 0, body: undefined, traceId: undefined, requestId: undefined, ms: took() };
  }
}

/** @param {Answer} answer */
export const isGood = ({ status }) => status >= 200 && status < 300;

/**
 * What went wrong, for people: the API's own sentence, which names the field and the remedy.
 * @param {Answer} answer
 * @returns {string}
 */
export function inWords({ status, body, ms }) {
  if (status === 0)
    return ms >= patienceMs
      ? `The API has not answered for ${patienceMs / 1000} seconds.`
      : 'The API does not answer. If it is being restarted, it is back in a few seconds.';
  const said = body?.error?.message;
  return typeof said === 'string' ? said : `The API answered ${status}.`;
}
