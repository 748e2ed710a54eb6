import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** webhook: for what Alertmanager sends. admin: for people. */
export type TokenKind = 'webhook' | 'admin';

export const tokenPath = (dataDir: string, kind: TokenKind): string => join(dataDir, 'tokens', kind);

/** A token file that cannot serve; the message is one sentence with its remedy. */
export class TokenError extends Error {
  override name = 'TokenError';
}

/**
 * Every token in a file: one a line, so that the old and the new one are valid during a rotation. Blank lines
 * and lines that begin with # are left out.
 * @throws TokenError where the file cannot be read or has no token
 */
export function readTokenFile(file: string): string[] {
  const tokens = readText(file)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (tokens.length === 0)
    throw new TokenError(
      `${file} has no token in it: write one a line, or delete the file and start the bot, which makes a new one.`,
    );
  // "Authorization: Bearer" carries no spaces: such a token could never match, and nobody would know why.
  if (tokens.some((token) => /\s/.test(token)))
    throw new TokenError(`${file} has a line with a space in it: write one token a line.`);
  return tokens;
}

/**
 * A new file with one random token, unless the file exists already; whole or not at all.
 * @throws TokenError where the folder cannot be written to
 */
export function makeTokenFile(file: string): void {
  try {
    make(file);
  } catch (error) {
    throw new TokenError(
      `${file} cannot be made (${codeOf(error)}): set ALERT_BOT_DATA_DIR to a folder that the bot may write to.`,
    );
  }
}

function make(file: string): void {
  if (statSync(file, { throwIfNoEntry: false }) !== undefined) return;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString('hex')}.new`;
  const { O_CREAT, O_EXCL, O_WRONLY } = constants;
  const descriptor = openSync(draft, O_CREAT | O_EXCL | O_WRONLY, 0o600);
  try {
    writeSync(descriptor, `${randomBytes(32).toString('base64url')}\n`);
    fsyncSync(descriptor);
    // Unlike a rename, a link fails where the file appeared meanwhile: a token in use is never replaced.
    linkSync(draft, file);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    closeSync(descriptor);
    rmSync(draft, { force: true });
  }
}

/** What changes when a file is written or replaced; null where it is gone. */
export function version(file: string): string | null {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? null : `${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}`;
}

/** A sentence where others than its owner may read the file, else null. */
export function tooOpen(file: string): string | null {
  const mode = (statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & 0o777;
  return (mode & 0o077) === 0
    ? null
    : `${file} is open to others than its owner (mode ${mode.toString(8)}): run chmod 600 ${file}`;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT')
      throw new TokenError(
        `${file} does not exist: start the bot once, which makes it, or name the bot's own data folder.`,
      );
    if (code === 'EACCES')
      throw new TokenError(`${file} may not be read by this user: run this as the user the bot runs as.`);
    throw new TokenError(`${file} cannot be read (${code}): it should be a file with one token a line.`);
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);
