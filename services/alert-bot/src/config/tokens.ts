import { createHmac, hash as digest, timingSafeEqual } from 'node:crypto';
import { makeTokenFile, readTokenFile, type TokenKind, tokenPath, tooOpen, version } from './token-file.ts';

export { TokenError, type TokenKind } from './token-file.ts';

/** The bot's own tokens (G12): separate for Alertmanager and for people. */
export interface Tokens {
  /** Whether a caller who presented this may pass. Takes the same time whatever is presented. */
  accepts(kind: TokenKind, presented: string): boolean;
  /** Signs a text with a token that a caller presented, which has to be a valid one. */
  sign(presented: string, text: string): string;
  /** Whether any token of the kind that is valid now has signed this text: what a removed one has signed holds no more. */
  signed(kind: TokenKind, text: string, signature: string): boolean;
  /** What a person should mend, as of the last look: a file open to others, or one that became unusable. */
  warnings(): readonly string[];
}

/**
 * Makes the token files on first start, reads them, and reads one again when it changes, so that a rotation
 * needs no restart. A file that becomes unusable lets nobody in: a token somebody removed must not go on
 * working, and what Alertmanager could not deliver meanwhile the sweep finds.
 * @throws TokenError where a file has no token or cannot be read
 */
export function readTokens(dataDir: string): Tokens {
  const files = { webhook: watch(tokenPath(dataDir, 'webhook')), admin: watch(tokenPath(dataDir, 'admin')) };
  return {
    accepts: (kind, presented) => {
      const offered = hash(presented);
      let found = false;
      // Every token is compared, so that the time does not tell which one was nearly right.
      for (const valid of files[kind].hashes()) found = timingSafeEqual(offered, valid) || found;
      return found;
    },
    sign: signWith,
    signed: (kind, text, signature) => {
      const offered = Buffer.from(signature, 'base64url');
      let found = false;
      for (const valid of files[kind].hashes()) {
        const right = seal(valid, text);
        found = (right.length === offered.length && timingSafeEqual(right, offered)) || found;
      }
      return found;
    },
    warnings: () => [...files.webhook.warnings(), ...files.admin.warnings()],
  };
}

function watch(file: string) {
  makeTokenFile(file);
  let seen = version(file);
  let hashes = readTokenFile(file).map(hash);
  let broken: string | null = null;
  const look = () => {
    const now = version(file);
    if (now === seen) return;
    seen = now;
    try {
      hashes = readTokenFile(file).map(hash);
      broken = null;
    } catch (error) {
      hashes = [];
      broken = `${error instanceof Error ? error.message : String(error)} Until then nobody gets in with it.`;
    }
  };
  return {
    hashes: () => {
      look();
      return hashes;
    },
    warnings: () => {
      look();
      return [broken, tooOpen(file)].filter((warning) => warning !== null);
    },
  };
}

// Hashing makes both sides of one length; the tokens are random, so a plain hash tells nothing of them.
const hash = (token: string): Buffer => digest('sha256', token, 'buffer');
const seal = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** What `sign` gives for a token, whether it is a valid one or not. */
export const signWith = (token: string, text: string): string =>
  seal(hash(token), text).toString('base64url');
