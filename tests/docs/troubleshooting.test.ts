/** docs/troubleshooting.md names only messages, commands, options and pages that exist; so do the pages that quote the bot. */
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { runCli } from '../../services/alert-bot/src/cli/run.ts';
import { REASONS } from '../../services/alert-bot/src/domain/reason.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const page = read('docs/troubleshooting.md');
const sources = globSync(join(root, 'services/alert-bot/src/**/*.{ts,js}'))
  .filter((file) => !/\.(test|fixture|contract)\.ts$/.test(file))
  .map((file) => readFileSync(file, 'utf8').replaceAll("\\'", "'"));

/** What stands between two fixed parts of a message is an expression, and no longer than one. */
const BETWEEN = 200;

/** Whether one source says it: its fixed parts, in their order and near each other. */
function said(message: string): boolean {
  const parts = message
    .split('…')
    .map((part) => part.replace(/^[\s,;*]+|[\s,;*]+$/g, ''))
    .filter((part) => part !== '');
  return sources.some((source) => {
    const [first = '', ...others] = parts;
    let end = source.indexOf(first) + first.length;
    return (
      source.includes(first) &&
      others.every((part) => {
        const at = source.indexOf(part, end);
        const isNear = at >= 0 && at - end < BETWEEN;
        end = at + part.length;
        return isNear;
      })
    );
  });
}

describe.each(['docs/troubleshooting.md', 'docs/security.md'])('%s', (file) => {
  const messages = [...read(file).matchAll(/^> (.+)$/gm)].map(([, message = '']) => message);

  it('quotes only what the bot says', () => {
    expect(messages.length).toBeGreaterThan(1);
    expect(messages.filter((message) => !said(message))).toEqual([]);
    // A few letters are found everywhere.
    expect(messages.filter((message) => message.replaceAll('…', '').length < 10)).toEqual([]);
  });
});

it('finds out what the bot does not say', () => {
  expect(said('the label alert-bot.enable="true" is not set')).toBe(true);
  expect(said('the label alert-bot.enable="true" is not there')).toBe(false);
  expect(said('Try again in … Too many wrong tokens from here')).toBe(false);
});

it('names in a line of prose only what the bot, its log or SQLite says', () => {
  // SQLite's own sentences stand in no source of ours, but in the test that makes SQLite say them.
  const sqlite = read('services/alert-bot/src/store/db.test.ts');
  const named = [...page.replaceAll(/```[\s\S]*?```/g, '').matchAll(/`([^`\n]+)`/g)]
    .map(([, text = '']) => text)
    .filter((text) => / /.test(text) && !/^(alert-bot|curl|docker|npm|skip) |^[a-z_]+: \w+$/.test(text));
  expect(named.length).toBeGreaterThan(4);
  expect(named.filter((text) => !said(text) && !sqlite.includes(text))).toEqual([]);
});

it('says of each deferring reason what to do, in the order of the reasons', () => {
  const [, section = ''] = page.split('## It decides but does not act\n');
  const [table = ''] = section.split('\n## ');
  const rows = [...table.matchAll(/^\| `(\w+)` \| (.{10,}) \|$/gm)].map(([, reason]) => reason);
  expect(rows).toEqual(REASONS.defer);
});

/** The commands that stand in code, each with the options that it is given. In prose the bot is a noun. */
const commands = [...page.matchAll(/\balert-bot ([a-z]+)((?: [^`\n|]+)?)/g)]
  .filter(({ index }) => isCode(index))
  .map(([, command = '', rest = '']) => ({ command, options: rest.match(/--[a-z-]+/g) ?? [] }));

function isCode(index: number): boolean {
  const before = page.slice(0, index);
  const fences = before.split('```').length - 1;
  const line = before.slice(before.lastIndexOf('\n') + 1);
  return fences % 2 === 1 || line.split('`').length % 2 === 0;
}

/** What the command says of itself; null where there is no such command. */
async function helpOf(command: string): Promise<string | null> {
  let printed = '';
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  const err = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    return (await runCli([command, '--help'], {})) === 0 ? printed : null;
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

it('names only commands that exist, with options that they have', { timeout: 60_000 }, async () => {
  expect(commands.length).toBeGreaterThan(20);
  expect(await helpOf('reboot')).toBeNull();
  for (const name of new Set(commands.map(({ command }) => command))) {
    const help = await helpOf(name);
    expect(help, name).toContain(`Usage: alert-bot ${name}`);
    const options = commands.filter(({ command }) => command === name).flatMap((one) => one.options);
    expect(options.filter((option) => !help?.includes(option))).toEqual([]);
  }
});

it('names only addresses that the bot has', () => {
  const paths = [
    ...[...page.matchAll(/`(\/[a-z/]*)`/g)].map(([, path = '']) => path),
    ...[...page.matchAll(/127\.0\.0\.1:5000(\/[a-z/]+)/g)].map(([, path = '']) => path),
  ];
  expect(paths.length).toBeGreaterThan(10);
  const wrong = paths.filter((path) => !sources.some((source) => source.includes(`'${path}'`)));
  expect(wrong).toEqual([]);
});
