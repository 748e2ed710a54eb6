// The command against the bot over HTTP, on a real log; nothing decides in it, so that what the log says stays.
import { expect, test } from 'vitest';
import { escalate } from '../decision/conclude.ts';
import { get, rage } from '../http/harness.ts';
import { addPause, recordHeartbeat } from '../store/controls.ts';
import { changeStatus } from '../store/incidents.ts';
import { startBot } from '../testing/bot.ts';
import { again, anIncident } from '../testing/log.ts';
import { atTerminal, standIn, surroundings, tooWide } from './harness.ts';
import { status } from './status.ts';

const serving = () => atTerminal(startBot('/nowhere/s.sock', { idle: true }));
const TIME = /\d{4}-\d{2}-\d{2}T[\d:.]+Z/g;

test('a bot that nothing came to says of each thing that there is none', async () => {
  await using terminal = await serving();
  expect(await terminal.run(status)).toBe(
    [
      'Nothing is open. The heartbeat has not arrived yet.',
      '',
      'incidents   none is open',
      'pages       none that nobody has acknowledged',
      'questions   none waits for an answer',
      'paused      none',
      'storm       none',
      'heartbeat   has not arrived yet',
      'problems    none',
    ].join('\n'),
  );
});

test('the sentence comes first, then what is open, who paused what, and when the heartbeat came', async () => {
  await using terminal = await serving();
  const { db, now } = terminal.bot.deps;
  for (const target of ['supervisor:a', 'supervisor:b', 'supervisor:c']) anIncident(db, { target }, now());
  escalate(db, again(db, 3), 'quarantined', now());
  changeStatus(db, again(db, 2), 'closed', { outcome: 'dismissed' }, now());
  addPause(db, { by: 'ada', why: 'a deploy' }, null, now());
  addPause(db, { by: 'bob', why: '' }, now() + 60_000, now(), 'playbook:errors');
  recordHeartbeat(db, now());
  const text = await terminal.run(status);
  expect(text.replaceAll(TIME, 'T')).toBe(
    [
      'It needs you: one incident was handed to a person.',
      '',
      'incidents   2 open: 1 new, 1 escalated. Look: alert-bot incidents --status open',
      'pages       1 incident has a page that nobody has acknowledged: alert-bot',
      '            acknowledge N',
      'questions   none waits for an answer',
      'paused      playbook:errors, by bob until T',
      '            everything, by ada (a deploy) until somebody resumes',
      'storm       none',
      'heartbeat   T, 0s ago',
      'problems    none',
    ].join('\n'),
  );
});

test('a storm is told with its page, in 80 columns', async () => {
  await using terminal = await serving();
  rage(terminal.bot);
  const text = await terminal.run(status);
  expect(text).toMatch(/^A storm is held: \d+ incidents at once/);
  expect(text.replace(/\s+/g, ' ')).toMatch(
    /storm held, began \S+Z: (\d+) incidents, of which \1 wait\. s0, s1, .* Sooner: alert-bot release\./,
  );
  expect(tooWide(text)).toEqual([]);
});

const ANSWER = {
  ...{ now: '2026-01-31T12:01:00.000Z', state: 'needs_you', sentence: 'It needs you\u001b[31m.' },
  ...{ incidents: { fresh: 2 }, questions: 2, pages: 2, storm: null, paused: null, ready: false },
  pauses: [{ by: 'ada\n', why: '', until: null, scope: 'all' }],
  heartbeat: { lastAt: '2026-01-31T12:00:00.000Z' },
  ...{ problems: ['the disk is full', 'the platform is away'], notes: ['a token\u202e is short'] },
};

test('what waits, what fails and what a newer bot says is told, harmless, with 0', async () => {
  await using bot = await standIn(() => Response.json(ANSWER));
  await using terminal = await serving();
  const lines: string[] = [];
  const around = surroundings(terminal.env, (line) => lines.push(line));
  expect(await status.run(['--url', bot.url], around)).toBe(0);
  expect(lines.join('\n')).toBe(
    [
      'It needs you\\u{1b}[31m.',
      '',
      'incidents   2 open: 2 fresh. Look: alert-bot incidents --status open',
      'pages       2 incidents have pages that nobody has acknowledged: alert-bot',
      '            acknowledge N',
      'questions   2 wait for an answer: alert-bot incidents --status awaiting_approval',
      'paused      everything, by ada\\u{a} until somebody resumes',
      'storm       none',
      'heartbeat   2026-01-31T12:00:00.000Z, 1m ago',
      'problems    the disk is full',
      '            the platform is away',
      'notes       a token\\u{202e} is short',
    ].join('\n'),
  );
  expect(tooWide(lines.join('\n'))).toEqual([]);
  expect(bot.seen.map(({ path }) => path)).toEqual(['/api/v1/status']);
});

test('--json is what the API answers, harmless to a terminal', async () => {
  await using terminal = await serving();
  anIncident(terminal.bot.deps.db, {}, terminal.bot.deps.now());
  const printed: unknown = JSON.parse(await terminal.run(status, '--json'));
  const { json } = await get(terminal.bot, '/status');
  expect(printed).toEqual({ ...json, now: expect.any(String) });
  await using bot = await standIn(() => Response.json(ANSWER));
  const raw = await terminal.run(status, '--json', '--url', bot.url);
  expect(raw).not.toContain('\u001b');
  expect(JSON.parse(raw)).toEqual(ANSWER);
});

test.each([
  [['now'], 'status does not know what to do with "now"'],
  [['--limit', '1'], 'status has no option --limit'],
  [['--url', 'http://127.0.0.1:1'], 'The bot at http://127.0.0.1:1 cannot be asked'],
])('%j is told in a sentence', async (args, says) => {
  await using terminal = await serving();
  await expect(terminal.run(status, ...args)).rejects.toThrow(says);
});

test('an answer of another version is no status', async () => {
  await using bot = await standIn(() => Response.json({ ...ANSWER, pauses: 'none' }));
  await using terminal = await serving();
  await expect(terminal.run(status, '--url', bot.url)).rejects.toThrow(
    'The bot answered something unknown (pauses): is it of another version?',
  );
});
