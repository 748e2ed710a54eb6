import { readTokenFile, type TokenKind, tokenPath, tooOpen } from '../config/token-file.ts';
import { type Finding, fail, messageOf, ok, warn } from './finding.ts';

const KINDS: readonly TokenKind[] = ['webhook', 'admin'];

/** Both token files: there, usable, closed to others, and not the same. */
export function checkTokens(dataDir: string): Finding[] {
  const read = new Map<TokenKind, string[]>();
  const findings: Finding[] = KINDS.map((kind) => {
    const file = tokenPath(dataDir, kind);
    try {
      const tokens = readTokenFile(file);
      read.set(kind, tokens);
      const open = tooOpen(file);
      if (open !== null) return warn(`token ${kind}`, open, `chmod 600 ${file}`);
      return ok(`token ${kind}`, `${tokens.length} valid, in ${file}`);
    } catch (error) {
      return fail(`token ${kind}`, messageOf(error), 'start the bot once, which makes it');
    }
  });
  const shared = read.get('webhook')?.some((token) => read.get('admin')?.includes(token));
  if (shared)
    findings.push(
      fail('tokens', 'the webhook token is an admin token too', 'put another one into tokens/admin'),
    );
  return findings;
}
