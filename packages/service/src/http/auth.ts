import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError } from '../errors.ts';
import type { RequestContext } from './route.ts';

/**
 * Answers a check that throws unless the request carries one of the tokens; with no tokens it always throws. `variable`
 * is the one that names their file.
 */
export function requireToken(
  tokens: readonly string[] | undefined,
  variable: string,
): (c: RequestContext) => void {
  const accepted = tokens?.map(digest);
  return (c) => {
    if (accepted === undefined)
      throw new AppError(
        'forbidden',
        `Faults are switched off. Start the service with ${variable} set to a file with one token a line.`,
      );
    const given = /^Bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '')?.[1];
    // Digests have one length, and every token is compared: the time taken tells nothing.
    const presented = digest(given ?? '');
    const matches = accepted.filter((token) => timingSafeEqual(token, presented));
    if (given === undefined || matches.length === 0)
      throw new AppError(
        'unauthorized',
        `Send a token from the file in ${variable} as "Authorization: Bearer <token>".`,
      );
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
