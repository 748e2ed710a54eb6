import type { MiddlewareHandler } from 'hono';
import type { TokenKind, Tokens } from '../config/tokens.ts';
import { HttpError } from './errors.ts';

/** Lets a request pass that carries a valid bearer token of the kind (G12). The token is never logged. */
export function bearer(tokens: Tokens, kind: TokenKind, refused: (why: string) => void): MiddlewareHandler {
  return async function requireToken(c, next) {
    const [, presented] = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
    if (presented === undefined || !tokens.accepts(kind, presented)) {
      const what = presented === undefined ? 'no bearer token was sent' : 'the token is not valid here';
      const remedy = `send "Authorization: Bearer <token>" with a token of tokens/${kind} in the data folder (alert-bot token ${kind})`;
      refused(what);
      c.header('www-authenticate', 'Bearer');
      throw new HttpError('unauthorized', `${what}; ${remedy}`);
    }
    await next();
  };
}
