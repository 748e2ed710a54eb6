// The command against the bot over HTTP, on a real log; nothing decides in it.
import { userInfo } from 'node:os';
import { expect, test } from 'vitest';
import { startBot } from '../testing/bot.ts';
import { anIncident } from '../testing/log.ts';
import { atTerminal } from './harness.ts';
import { incidents } from './incidents.ts';
import { note } from './note.ts';

const serving = () => atTerminal(startBot('/nowhere/s.sock', { idle: true }));

test('a note stands in the timeline with who said it, and is told', async () => {
  await using terminal = await serving();
  anIncident(terminal.bot.deps.db, {}, terminal.bot.deps.now());
  expect(await terminal.run(note, '1', ' the disk was full ', '--by', 'ada')).toBe(
    'Noted in the timeline of incident 1, by ada.\nLook: alert-bot incidents show 1',
  );
  expect(await terminal.run(incidents, 'show', '1')).toMatch(/^ {2}[\d:]{8} {2}ada: the disk was full$/m);
  expect(await terminal.run(note, '1', 'again')).toContain(`by ${userInfo().username}.`);
});

test('--json prints the answer of the bot', async () => {
  await using terminal = await serving();
  anIncident(terminal.bot.deps.db, {}, terminal.bot.deps.now());
  const printed: unknown = JSON.parse(await terminal.run(note, '1', 'seen', '--by', 'ada', '--json'));
  expect(printed).toEqual({ incident: 1, by: 'ada', note: 'seen', at: expect.stringMatching(/^\d{4}-.*Z$/) });
});

test.each([
  [[], 'note needs <N>: see alert-bot note --help'],
  [['1'], 'note needs <note>: see alert-bot note --help'],
  [['one', 'x'], '"one" is no incident number: alert-bot incidents lists them'],
  [['1', ' '], 'The note is empty: write what whoever looks next should know'],
  [['1', 'the', 'disk'], 'note does not know what to do with "disk"'],
  [['1', 'x', '--why', 'y'], 'note has no option --why'],
  [['1', 'x'], 'The bot refused (not_found): there is no incident 1'],
  [['1', 'x', '--by', ' '], 'The bot refused (invalid): by: say who you are'],
  [['1', 'x'.repeat(2_001)], 'The bot refused (invalid): note: '],
])('a slip is told in a sentence: %#', async (args, says) => {
  await using terminal = await serving();
  await expect(terminal.run(note, ...args)).rejects.toThrow(says);
});
