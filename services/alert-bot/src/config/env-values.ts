import { resolve } from 'node:path';
import { z } from 'zod';
import { type Bytes, formatBytes, parseBytes } from '../domain/bytes.ts';
import { formatDuration, type Millis, parseDuration } from '../domain/duration.ts';

/** A path, made absolute from the folder the bot is started in. */
export const path = (what: string) =>
  z
    .string({ error: `is not set: set it to ${what}` })
    .min(1, `is empty: set it to ${what}`)
    .transform((written) => resolve(written));

/** One http(s) address, without a slash at its end. */
export const httpUrl = (example: string) =>
  z.string({ error: `is not set: set it to an address such as ${example}` }).transform((written, context) => {
    const wrong = urlError(written, example);
    if (wrong !== null) context.addIssue(wrong);
    return wrong === null ? tidy(written) : z.NEVER;
  });

/** Several http(s) addresses with commas between them, each once. */
export const httpUrls = (example: string) =>
  z
    .string({ error: `is not set: set it to one address or more, such as ${example},http://other:9093` })
    .transform((written, context) => {
      const parts = written.split(',').map((part) => part.trim());
      const wrong = parts.map((part) => urlError(part, example)).find((error) => error !== null);
      if (wrong !== undefined) context.addIssue(wrong);
      else if (new Set(parts.map(tidy)).size < parts.length)
        context.addIssue('names one address twice: name each peer once');
      return wrong === undefined ? parts.map(tidy) : z.NEVER;
    });

/** `host:port`, IPv6 in brackets. Port 0 lets the system choose one. */
export const listen = z.string().transform((written, context) => {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(written);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535) {
    context.addIssue(
      'is not host:port: set it to one such as 127.0.0.1:5000, or 0.0.0.0:5000 for all networks',
    );
    return z.NEVER;
  }
  return { host, port };
});

/** A duration in Prometheus' spelling, at least so long. */
export const duration = (example: string, atLeast: Millis) =>
  z.string().transform((written, context) => {
    const length = parseDuration(written);
    if (length !== undefined && length >= atLeast) return length;
    context.addIssue(
      length === undefined
        ? `is no duration: set it to one such as ${example}`
        : `is too short: set it to ${formatDuration(atLeast)} or more, such as ${example}`,
    );
    return z.NEVER;
  });

/** A size in Prometheus' spelling, at least so large. */
export const bytes = (example: string, atLeast: Bytes) =>
  z.string().transform((written, context) => {
    const size = parseBytes(written);
    if (size !== undefined && size >= atLeast) return size;
    context.addIssue(
      size === undefined
        ? `is no size: set it to a whole number with a unit (B, KB, MB, GB, TB), such as ${example}`
        : `is too small: set it to ${formatBytes(atLeast)} or more, such as ${example}`,
    );
    return z.NEVER;
  });

function urlError(written: string, example: string): string | null {
  const url = URL.parse(written);
  if (written === '') return `has an empty address in it: set it to one such as ${example}`;
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    return `is not an http(s) address: set it to one such as ${example}`;
  // fetch refuses such addresses; said here, it is said at start and not at the first alert.
  if (url.username !== '' || url.password !== '')
    return `holds a user name or password, which is not supported: set it to one such as ${example}`;
  if (url.search !== '' || url.hash !== '')
    return `has something after ? or #: set it to the address alone, such as ${example}`;
  return null;
}

const tidy = (written: string): string => written.replace(/\/+$/, '');
