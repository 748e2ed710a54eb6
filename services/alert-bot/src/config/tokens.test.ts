import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readTokenFile } from './token-file.ts';
import { readTokens } from './tokens.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tokens-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const file = (kind: string) => join(dir, 'data', 'tokens', kind);
const start = () => readTokens(join(dir, 'data'));
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

test('the first start makes two different tokens that only their owner may read', () => {
  const tokens = start();
  expect([mode(join(dir, 'data', 'tokens')), mode(file('webhook')), mode(file('admin'))]).toEqual([
    '700',
    '600',
    '600',
  ]);
  expect(readdirSync(join(dir, 'data', 'tokens')).toSorted()).toEqual(['admin', 'webhook']);
  const [webhook = '', admin = ''] = ['webhook', 'admin'].map((kind) => readFileSync(file(kind), 'utf8'));
  expect(webhook).toMatch(/^[A-Za-z0-9_-]{43}\n$/);
  expect(tokens.accepts('webhook', webhook.trim())).toBe(true);
  expect(tokens.accepts('admin', webhook.trim())).toBe(false);
  expect(tokens.accepts('admin', admin.trim())).toBe(true);
  expect(tokens.accepts('admin', '')).toBe(false);
  expect(tokens.warnings()).toEqual([]);
});

test('a later start keeps the tokens', () => {
  start();
  const before = readFileSync(file('admin'), 'utf8');
  start();
  expect(readFileSync(file('admin'), 'utf8')).toBe(before);
});

test('a rotation needs no restart: both are valid, then only the new one', () => {
  const tokens = start();
  const old = readFileSync(file('webhook'), 'utf8').trim();
  writeFileSync(file('webhook'), `# since today\n\nfresh\r\n${old}\n`);
  expect([tokens.accepts('webhook', 'fresh'), tokens.accepts('webhook', old)]).toEqual([true, true]);
  expect(tokens.accepts('webhook', '# since today')).toBe(false);
  writeFileSync(file('webhook'), 'fresh\n');
  expect([tokens.accepts('webhook', 'fresh'), tokens.accepts('webhook', old)]).toEqual([true, false]);
});

test('a file without a token is an error that names it', () => {
  start();
  writeFileSync(file('admin'), '# nothing\n\n');
  expect(start).toThrow(`${file('admin')} has no token in it: write one a line`);
});

test('a file that loses its tokens while the bot runs lets nobody in, and says so', () => {
  const tokens = start();
  const old = readFileSync(file('admin'), 'utf8').trim();
  writeFileSync(file('admin'), '');
  expect(tokens.accepts('admin', old)).toBe(false);
  expect(tokens.accepts('admin', '')).toBe(false);
  expect(tokens.warnings()[0]).toContain('has no token in it');
  rmSync(file('admin'));
  expect(tokens.accepts('admin', old)).toBe(false);
  expect(tokens.warnings()[0]).toContain('does not exist');
  writeFileSync(file('admin'), `${old}\n`, { mode: 0o600 });
  expect(tokens.accepts('admin', old)).toBe(true);
  expect(tokens.warnings()).toEqual([]);
});

test('a file that others may read is a warning with the command that mends it', () => {
  const tokens = start();
  chmodSync(file('webhook'), 0o644);
  expect(tokens.warnings()).toEqual([
    `${file('webhook')} is open to others than its owner (mode 644): run chmod 600 ${file('webhook')}`,
  ]);
});

test('a data folder that does not exist is said to be one the bot has not started in', () => {
  expect(() => readTokenFile(file('admin'))).toThrow('does not exist: start the bot once');
});

test('a data folder that cannot be made is one sentence with the variable to set', () => {
  writeFileSync(join(dir, 'data'), '');
  expect(start).toThrow(/cannot be made \(ENOTDIR\): set ALERT_BOT_DATA_DIR to a folder/);
});

test('two tokens on one line are refused: a bearer token has no spaces, so that neither could match', () => {
  start();
  writeFileSync(file('admin'), 'one two\n');
  expect(() => readTokenFile(file('admin'))).toThrow('has a line with a space in it: write one token a line');
});
