import { request } from 'node:http';
import type { z } from 'zod';

export type Question = {
  method?: 'GET' | 'POST' | 'DELETE';
  token?: string;
  body?: unknown;
};

/** One question to a part of the stack. Anything but 2xx throws with what was answered. */
export async function ask<T extends z.ZodType>(
  url: string,
  shape: T,
  question: Question = {},
): Promise<z.output<T>> {
  const { method = 'GET', token, body } = question;
  const response = await fetch(url, {
    method,
    signal: AbortSignal.timeout(10_000),
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return understand(`${method} ${url}`, response.status, await response.text(), shape);
}

/** The same over a Unix socket, which `fetch` does not know. */
export async function askSocket<T extends z.ZodType>(
  socketPath: string,
  path: string,
  shape: T,
  method: 'GET' | 'POST' = 'GET',
): Promise<z.output<T>> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  request({ socketPath, path, method }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (piece: string) => {
      text += piece;
    });
    response.on('error', reject);
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
  })
    .on('error', reject)
    .end();
  const { status, text } = await promise;
  return understand(`${method} ${path}`, status, text, shape);
}

function understand<T extends z.ZodType>(what: string, status: number, text: string, shape: T): z.output<T> {
  // 304: the supervisor was asked for what is so already.
  if (status !== 304 && (status < 200 || status > 299)) throw new Error(`${what} answers ${status} ${text}`);
  return shape.parse(text === '' ? undefined : JSON.parse(text));
}
