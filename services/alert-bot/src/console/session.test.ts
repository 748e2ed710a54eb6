import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readTokens } from '../config/tokens.ts';
import { NOON, temporaryFolder } from '../testing/log.ts';
import { openSession, readSession, SESSION_LASTS } from './session.ts';

function withTokens(...admin: string[]) {
  const folder = temporaryFolder();
  readTokens(folder.path);
  const write = (...tokens: string[]) =>
    writeFileSync(join(folder.path, 'tokens', 'admin'), `${tokens.join('\n')}\n`);
  write(...admin);
  return { write, tokens: readTokens(folder.path), [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

const ONE = 'a'.repeat(43);
const TWO = 'b'.repeat(43);

describe('a session', () => {
  test('is whoever signed in, for twelve hours', () => {
    using bot = withTokens(ONE);
    const cookie = openSession(bot.tokens, ONE, 'Ada', NOON);
    expect(readSession(bot.tokens, cookie, NOON)).toMatchObject({ by: 'Ada', until: NOON + SESSION_LASTS });
    expect(readSession(bot.tokens, cookie, NOON + SESSION_LASTS - 1)).not.toBeNull();
    expect(readSession(bot.tokens, cookie, NOON + SESSION_LASTS)).toBeNull();
  });

  test('outlives the process, and a second token beside its own', () => {
    using bot = withTokens(ONE);
    const cookie = openSession(bot.tokens, ONE, 'Ada', NOON);
    bot.write(TWO, ONE);
    expect(readSession(bot.tokens, cookie, NOON)).toMatchObject({ by: 'Ada' });
  });

  test('ends at once when its token is removed', () => {
    using bot = withTokens(ONE, TWO);
    const cookie = openSession(bot.tokens, ONE, 'Ada', NOON);
    bot.write(TWO);
    expect(readSession(bot.tokens, cookie, NOON)).toBeNull();
  });

  test('each has a form token of its own', () => {
    using bot = withTokens(ONE);
    const [first, second] = [0, 1].map(() =>
      readSession(bot.tokens, openSession(bot.tokens, ONE, 'Ada', NOON), NOON),
    );
    expect(first?.csrf).not.toBe(second?.csrf);
    expect(first?.csrf.length).toBeGreaterThanOrEqual(22);
  });

  test.each([
    ['nothing', () => undefined],
    ['an empty text', () => ''],
    ['one without a signature', (cookie: string) => cookie.split('.')[0]],
    ['one with a shorter signature', (cookie: string) => cookie.slice(0, -4)],
    [
      'one for longer',
      (cookie: string) => {
        const [text = '', signature = ''] = cookie.split('.');
        const content = JSON.parse(Buffer.from(text, 'base64url').toString());
        const longer = { ...content, until: content.until + 1 };
        return `${Buffer.from(JSON.stringify(longer)).toString('base64url')}.${signature}`;
      },
    ],
    ['one that signs another text', (cookie: string) => `e30.${cookie.split('.')[1]}`],
  ])('%s is none', (_, forge) => {
    using bot = withTokens(ONE);
    const cookie = openSession(bot.tokens, ONE, 'Ada', NOON);
    expect(readSession(bot.tokens, forge(cookie), NOON)).toBeNull();
  });

  test('the webhook token opens none', () => {
    using bot = withTokens(ONE);
    expect(readSession(bot.tokens, openSession(bot.tokens, TWO, 'Ada', NOON), NOON)).toBeNull();
  });
});
