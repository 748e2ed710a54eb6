// The command against the bot over HTTP, on a real log; nothing decides in it.
import { expect, test } from 'vitest';
import { get, order } from '../http/harness.ts';
import { startBot } from '../testing/bot.ts';
import { anIncident } from '../testing/log.ts';
import { audit } from './audit.ts';
import { atTerminal, tooWide } from './harness.ts';
import { note } from './note.ts';
import { pause } from './orders.ts';

const serving = () => atTerminal(startBot('/nowhere/s.sock', { idle: true }));
const TIME = /\d{4}-\d{2}-\d{2} [\d:]{8}/g;

test('an empty log says so', async () => {
  await using terminal = await serving();
  expect(await terminal.run(audit)).toBe('Nobody has done anything yet.');
});

test('it has when, who, by which way, what and why, newest first, harmless and in 80 columns', async () => {
  await using terminal = await serving();
  const { db, now } = terminal.bot.deps;
  anIncident(db, {}, now());
  const why = `it is out, ${'really '.repeat(9)}\u001b[31m`;
  await terminal.run(pause, '--by', 'ada', '--why', 'a deploy', '--for', '5m');
  await terminal.run(note, '1', why.trim(), '--by', 'bob\n');
  await order(terminal.bot, '/resume', { by: 'ada' });
  const add = db.prepare(
    "INSERT INTO audit (at, by, why, action, subject, via) VALUES (?, 'eve', '', 'pause', 'all', ?)",
  );
  for (const via of ['console', null]) add.run(now(), via);
  const text = await terminal.run(audit);
  expect(text.replaceAll(TIME, 'YYYY-MM-DD hh:mm:ss')).toBe(
    [
      'YYYY-MM-DD hh:mm:ss  eve: pause all',
      'YYYY-MM-DD hh:mm:ss  eve (console): pause all',
      'YYYY-MM-DD hh:mm:ss  ada (api): resume all',
      '                     no reason given',
      'YYYY-MM-DD hh:mm:ss  bob (api): note incident 1, supervisor:api',
      '                     it is out, really really really really really really really',
      '                     really really \\u{1b}[31m',
      'YYYY-MM-DD hh:mm:ss  ada (api): pause all for 5m',
      '                     a deploy',
    ].join('\n'),
  );
  expect(tooWide(text)).toEqual([]);
  expect((await terminal.run(audit, '--limit', '1')).split('\n')).toHaveLength(1);
});

test('--json is what the API answers, with the cursor of the next page', async () => {
  await using terminal = await serving();
  for (const by of ['ada', 'bob']) await terminal.run(pause, '--by', by);
  const printed: unknown = JSON.parse(await terminal.run(audit, '--limit', '1', '--json'));
  expect(printed).toMatchObject({ audit: [{ by: 'bob', via: 'api' }], next: expect.any(String) });
  expect(printed).toEqual((await get(terminal.bot, '/audit?limit=1')).json);
});

test.each([
  [['--limit', '0'], 'audit --limit "0" is not a number from 1 to 500.'],
  [['--limit', '501'], 'audit --limit "501" is not a number from 1 to 500.'],
  [['me'], 'audit does not know what to do with "me"'],
])('%j is told in a sentence', async (args, says) => {
  await using terminal = await serving();
  await expect(terminal.run(audit, ...args)).rejects.toThrow(says);
});
