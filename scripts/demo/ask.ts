import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { z } from 'zod';

/** A time as all parts write it, in milliseconds since 1970. */
export const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const patienceMs = 2_000;

type Call = { token?: string; body?: unknown };

/** Asks for JSON, with a token and a body where given; anything but 2xx is an error that tells what was said. */
export async function askJson<T extends z.ZodType>(
  url: string,
  shape: T,
  { token, body }: Call = {},
): Promise<z.output<T>> {
  const response = await fetch(url, {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    signal: AbortSignal.timeout(patienceMs),
  }).catch((cause: unknown) => {
    throw new Error(`${url} does not answer`, { cause });
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answers ${response.status} ${text.slice(0, 300).trim()}`);
  return shape.parse(JSON.parse(text));
}

/** The same over a Unix socket. */
export async function askSocket<T extends z.ZodType>(
  socketPath: string,
  path: string,
  shape: T,
): Promise<z.output<T>> {
  const text = await new Promise<string>((resolve, reject) => {
    const signal = AbortSignal.timeout(patienceMs);
    request({ socketPath, path, agent: false, signal }, (response) => {
      let heard = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        heard += part;
      });
      response.once('error', reject);
      response.once('end', () => resolve(heard));
    })
      .once('error', reject)
      .end();
  });
  return shape.parse(JSON.parse(text));
}

/** The first token of a file with one on each line. */
export function readToken(file: string): string {
  return readFileSync(file, 'utf8').split('\n')[0]?.trim() ?? '';
}
