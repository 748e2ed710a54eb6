import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Tokens } from '../config/tokens.ts';
import type { Instant, Millis } from '../domain/duration.ts';

/** A night, and then the token is asked for again. */
export const SESSION_LASTS: Millis = 12 * 3_600_000;
export const COOKIE = 'alert_bot_session';

/** Who is signed in. */
export interface Session {
  /** The name that orders are recorded under. */
  by: string;
  until: Instant;
  /** What a form has to carry, so that no other site can send it (CSRF). */
  csrf: string;
}

const content = z.strictObject({ by: z.string(), until: z.number(), nonce: z.string(), csrf: z.string() });

/**
 * A session is its cookie: who, until when, signed with the admin token that was presented. So it needs no table, outlives a
 * restart of the bot, and ends at once when that token is removed.
 */
export function openSession(
  tokens: Pick<Tokens, 'sign'>,
  presented: string,
  by: string,
  now: Instant,
): string {
  const until = now + SESSION_LASTS;
  const draw = () => randomBytes(16).toString('base64url');
  const text = Buffer.from(JSON.stringify({ by, until, nonce: draw(), csrf: draw() })).toString('base64url');
  return `${text}.${tokens.sign(presented, purpose(text))}`;
}

/** The session of a cookie; null where it is none, is over, or its token is not valid any more. */
export function readSession(tokens: Tokens, cookie: string | undefined, now: Instant): Session | null {
  const [text = '', signature = ''] = (cookie ?? '').split('.');
  if (!tokens.signed('admin', purpose(text), signature)) return null;
  const { by, until, csrf } = content.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  return until > now ? { by, until, csrf } : null;
}

/** What is signed for one purpose is good for no other. */
const purpose = (text: string): string => `console session ${text}`;
