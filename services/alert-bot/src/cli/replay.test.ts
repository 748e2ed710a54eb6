import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { write } from '../store/db.ts';
import { insertDelivery } from '../store/deliveries.ts';
import { keepObservations, noteObservation } from '../store/observations.ts';
import { NOON, temporaryFolder, temporaryLog } from '../testing/log.ts';
import { cli, ROOT, unfold } from './harness.ts';

const PLAYBOOKS = join(ROOT, 'deploy/playbooks.yml');

/** A log in which one alert fired and ended, open for as long as the bot has it. */
async function aLog() {
  const log = temporaryLog();
  const alert = {
    labels: { alertname: 'HighErrorRate', service: 'api' },
    startsAt: new Date(NOON).toISOString(),
  };
  await write(log.db, () => {
    for (const [i, status] of ['firing', 'resolved'].entries())
      insertDelivery(log.db, {
        ...{ id: `d${i}`, receivedAt: NOON + i * 60_000, source: 'alertmanager', groupKey: 'g' },
        body: JSON.stringify({ version: '4', groupKey: 'g', alerts: [{ ...alert, status }] }),
      });
    noteObservation(log.db, { kind: 'fleet', subject: '', at: NOON, since: null, value: '{"size":0}' });
    keepObservations(log.db);
  });
  return log;
}

test.concurrent('the log of a bot that has it open is read, and not changed: JSON alone on standard output', async () => {
  using log = await aLog();
  const before = readFileSync(join(log.folder, 'incidents.db'));
  const args = ['replay', '--playbooks', PLAYBOOKS, '--data-dir', log.folder, '--json'];
  const [one, two] = await Promise.all([cli(args), cli(args)]);
  expect(one.err).toBe('');
  expect(one.code).toBe(0);
  expect(one.out).toBe(two.out);
  const answer = JSON.parse(one.out);
  // Nothing of it was decided then, so that there is an incident that there was not.
  expect(answer.totals).toMatchObject({ was: { incidents: 0 }, now: { incidents: 1 } });
  expect(answer.read).toMatchObject({ deliveries: 2, commands: 0 });
  expect(readFileSync(join(log.folder, 'incidents.db')).equals(before)).toBe(true);
  // The bot can write all the time.
  await write(log.db, () => log.db.prepare("UPDATE meta SET value = 1 WHERE key = 'alive_at'").run());
});

test.concurrent('for people it fits 80 columns, and says what differs and what was assumed', async () => {
  using log = await aLog();
  const { out, code } = await cli(['replay', '--playbooks', PLAYBOOKS, '--data-dir', log.folder]);
  expect(code).toBe(0);
  const lines = out.split('\n').filter((line) => !line.includes(ROOT));
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  for (const part of ['Differences', 'there was no such incident', 'Assumed', 'handed to a person'])
    expect(out).toContain(part);
});

test.concurrent('a file that does not compile: the errors as check prints them, exit code 1', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'bad.yml');
  writeFileSync(file, 'playbooks:\n  - name: x\n    matchers: [ "a" ]\n    target: {}\n    steps: []\n');
  const [check, human, json] = await Promise.all([
    cli(['check', '--playbooks', file]),
    cli(['replay', '--playbooks', file, '--data-dir', folder.path]),
    cli(['replay', '--playbooks', file, '--data-dir', folder.path, '--json']),
  ]);
  expect(check.code).toBe(1);
  expect([human.code, human.out, human.err]).toEqual([1, check.out, check.err]);
  expect(json.code).toBe(1);
  expect(JSON.parse(json.out).errors.length).toBe(unfold(check.out.trim()).split('\n').length);
});

test.concurrent.for([
  [['--since', 'soon'], 'replay --since "soon" is not a length of time: write one such as 7d.'],
  [
    ['--from', 'today'],
    'replay --from "today" is not a time: write one such as 2026-01-31T12:00:00Z, or a day.',
  ],
  [['--since', '1d', '--from', '2026-01-31'], 'replay takes --since or --from, not both.'],
  [
    ['--from', '2026-02-01', '--to', '2026-01-31'],
    'replay --from 2026-02-01 is not before --to 2026-01-31: write an earlier one.',
  ],
] as const)('%s is refused: exit code 2', async ([args, message]) => {
  const { code, err } = await cli([
    'replay',
    '--playbooks',
    PLAYBOOKS,
    '--data-dir',
    '/nonexistent',
    ...args,
  ]);
  expect([code, err]).toEqual([2, `alert-bot: ${message}\n`]);
});

test.concurrent('where nothing is recorded, or there is no log, it says so: exit code 1', async () => {
  using log = temporaryLog();
  const [empty, none] = await Promise.all(
    [log.folder, '/nonexistent'].map((folder) =>
      cli(['replay', '--playbooks', PLAYBOOKS, '--data-dir', folder]),
    ),
  );
  expect(empty).toMatchObject({ code: 1, err: expect.stringContaining('nothing is recorded yet') });
  expect(none).toMatchObject({ code: 1, err: expect.stringContaining('set ALERT_BOT_DATA_DIR') });
});
