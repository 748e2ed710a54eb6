// The filters of the list against the bot over HTTP, on a real log; nothing decides in it.
import { describe, expect, test } from 'vitest';
import { OUTCOMES, STATUSES } from '../domain/incident.ts';
import { get } from '../http/harness.ts';
import { changeStatus } from '../store/incidents.ts';
import { startBot } from '../testing/bot.ts';
import { again, anIncident, NOON } from '../testing/log.ts';
import { atTerminal, cli, standIn } from './harness.ts';
import { incidents } from './incidents.ts';

const DAY = 86_400_000;

/** Four incidents on four days, each of them other in one thing at least. */
async function serving() {
  const terminal = await atTerminal(startBot('/nowhere/s.sock', { idle: true }));
  const { db } = terminal.bot.deps;
  anIncident(db, { target: 'supervisor:a', service: 'api' }, NOON);
  anIncident(db, { target: 'supervisor:b', service: 'web', severity: 'warning' }, NOON + DAY);
  anIncident(db, { target: 'supervisor:c', service: 'web', playbook: 'errors' }, NOON + 2 * DAY);
  anIncident(db, { target: 'supervisor:d', service: 'a b&c', playbook: null }, NOON + 3 * DAY);
  changeStatus(db, again(db, 1), 'deferred', { reason: 'cooldown' }, NOON);
  changeStatus(db, again(db, 2), 'closed', { outcome: 'dismissed' }, NOON + DAY);
  const ids = async (...args: string[]): Promise<number[]> =>
    [...(await terminal.run(incidents, ...args)).matchAll(/^(\d+) /gm)].map(([, id]) => Number(id));
  return { ...terminal, ids };
}

test.each([
  [
    ['--service', 'web'],
    [3, 2],
  ],
  [['--service', 'a b&c'], [4]],
  [['--playbook', 'errors'], [3]],
  [['--reason', 'cooldown'], [1]],
  [['--outcome', 'dismissed'], [2]],
  [['--severity', 'warning'], [2]],
  [
    ['--from', '2026-02-01'],
    [4, 3, 2],
  ],
  [['--to', '2026-01-31T13:00:01+01:00'], [1]],
  [
    ['--from', '2026-02-01', '--to', '2026-02-03'],
    [3, 2],
  ],
  [['--service', 'web', '--status', 'open', '--severity', 'critical', '--playbook', 'errors'], [3]],
  [['--service', 'web', '--limit', '1'], [3]],
])('%j finds %j', async (args, found) => {
  await using terminal = await serving();
  expect(await terminal.ids(...args)).toEqual(found);
});

test('what no incident is like is told as such, and not as an empty log', async () => {
  await using terminal = await serving();
  expect(await terminal.run(incidents, '--service', 'nobody')).toBe('No such incident.');
});

test('--json with filters is what the API answers', async () => {
  await using terminal = await serving();
  const args = ['--service', 'web', '--from', '2026-01-01', '--limit', '1', '--json'];
  const printed: unknown = JSON.parse(await terminal.run(incidents, ...args));
  const { json } = await get(terminal.bot, '/incidents?service=web&from=2026-01-01&limit=1');
  expect(printed).toEqual(json);
  expect(printed).toMatchObject({ incidents: [{ id: 3 }], next: expect.any(String) });
});

test('a rare one is found behind pages that are empty and yet not the last', async () => {
  await using terminal = await serving();
  const { db } = terminal.bot.deps;
  // More than the bot looks through for one page.
  db.transaction(() => {
    for (let i = 0; i < 5_100; i++) anIncident(db, { target: `supervisor:${i}` }, NOON + 4 * DAY);
  })();
  expect((await get(terminal.bot, '/incidents?severity=warning')).json).toMatchObject({
    incidents: [],
    next: expect.any(String),
  });
  expect(await terminal.ids('--severity', 'warning')).toEqual([2]);
  const printed: unknown = JSON.parse(await terminal.run(incidents, '--severity', 'warning', '--json'));
  expect(printed).toMatchObject({ incidents: [{ id: 2 }], next: null });
});

test('pages are asked for until there are as many as wanted, and no further', async () => {
  const one = { target: null, title: 'A', severity: 'critical', playbook: null, status: 'new', reason: null };
  const row = {
    ...one,
    explanation: null,
    outcome: null,
    until: null,
    openedAt: '2026-01-31',
    closedAt: null,
  };
  let id = 9;
  await using bot = await standIn(() => Response.json({ incidents: [{ ...row, id: id-- }], next: `c${id}` }));
  await using terminal = await serving();
  expect(await terminal.ids('--limit', '2', '--url', bot.url)).toEqual([9, 8]);
  expect(bot.seen.map(({ path }) => path)).toEqual([
    '/api/v1/incidents?limit=2',
    '/api/v1/incidents?limit=1&cursor=c8',
  ]);
});

describe('what the bot refuses is told in its words', () => {
  test.each([
    [['--status', 'opened'], `status: one of open, ${STATUSES.join(', ')}`],
    [['--outcome', 'fine'], `outcome: one of ${OUTCOMES.join(', ')}`],
    [['--reason', 'because'], 'reason: one of docs/reasons.md'],
    [['--from', 'yesterday'], 'from: a time such as 2026-01-31T12:00:00Z, or a day such as 2026-01-31 (UTC)'],
    [
      ['--from', '2026-02-02', '--to', '2026-02-01'],
      'to: it is not after "from", so that nothing is between them',
    ],
    [['--service', ''], 'service: it is empty: write a value, or leave it out'],
    [['--severity', 'x'.repeat(301)], 'severity: longer than any: at most 300 characters'],
  ])('%#', async (args, says) => {
    await using terminal = await serving();
    await expect(terminal.run(incidents, ...args)).rejects.toMatchObject({
      exitCode: 1,
      message: `The bot refused (invalid): ${says}`,
    });
  });

  test('on stderr, in one line', async () => {
    await using terminal = await serving();
    expect(await cli(['incidents', '--outcome', 'fine\u001b'], terminal.env)).toEqual({
      ...{ code: 1, out: '' },
      err: `alert-bot: The bot refused (invalid): outcome: one of ${OUTCOMES.join(', ')}\n`,
    });
  });
});
