import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLog } from '../store/db.ts';
import { anIncident, NOON, temporaryFolder } from '../testing/log.ts';
import { cli } from './harness.ts';

function withOneIncident(data: string) {
  const log = openLog(data);
  anIncident(log.db);
  log.db.prepare("UPDATE meta SET value = ? WHERE key = 'log_time'").run(NOON);
  return log;
}

test('a running bot is backed up; it has to be stopped for the restore, which says where the old log is', async () => {
  using folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const file = join(folder.path, 'copy');
  const env = { ALERT_BOT_DATA_DIR: data };
  const bot = withOneIncident(data);

  const made = await cli(['backup', file], env);
  expect(made).toMatchObject({ code: 0, err: '' });
  expect(made.out).toMatch(
    /copy: 1 incident up to 2026-01-31T12:00:00\.000Z, log\sversion \d+, \d+ bytes\. The tokens are not in it\.\n$/,
  );
  const again = await cli(['backup', file], env);
  expect(again).toMatchObject({ code: 1, out: '' });
  expect(again.err).toContain('a backup never takes the place of a file');

  const early = await cli(['restore', file], env);
  expect(early).toMatchObject({ code: 1, out: '' });
  expect(early.err).toMatch(/^alert-bot: another alert-bot is using .*; stop it/);
  bot.close();
  const done = await cli(['restore', file, '--by', 'me', '--why', 'the disk failed'], env);
  expect(done).toMatchObject({ code: 0, err: '' });
  const kept = /^The log that was there is (\S+)\.$/m.exec(done.out)?.[1] ?? '';
  expect(readFileSync(kept).subarray(0, 15).toString()).toBe('SQLite format 3');

  const { db, close } = openLog(data);
  expect(db.prepare('SELECT by, why, action FROM audit').all()).toEqual([
    { by: 'me', why: 'the disk failed', action: 'restore' },
  ]);
  close();
});

test('a log in which nothing happened yet is called empty, and not old', async () => {
  using folder = temporaryFolder();
  const data = join(folder.path, 'data');
  openLog(data).close();
  const { out } = await cli(['backup', join(folder.path, 'copy'), '--data-dir', data]);
  expect(out).toMatch(/copy: 0 incidents, log version \d+, \d+ bytes\./);
});

test('--json has what is in a copy, and where the log that it replaced is', async () => {
  using folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const file = join(folder.path, 'copy');
  const env = { ALERT_BOT_DATA_DIR: data };
  const bot = withOneIncident(data);
  bot.close();

  const made = await cli(['backup', file, '--json'], env);
  expect(made).toMatchObject({ code: 0, err: '' });
  const copied = {
    ...{ file, incidents: 1, until: new Date(NOON).toISOString() },
    ...{ version: expect.any(Number), bytes: statSync(file).size },
  };
  expect(JSON.parse(made.out)).toEqual(copied);
  const keptAs = expect.stringContaining('.before-');
  expect(JSON.parse((await cli(['restore', file, '--json'], env)).out)).toEqual({
    ...copied,
    dataDir: data,
    keptAs,
  });
  const empty = join(folder.path, 'empty');
  expect(JSON.parse((await cli(['restore', file, '--data-dir', empty, '--json'])).out)).toEqual({
    ...copied,
    dataDir: empty,
    keptAs: null,
  });
});

test('--json of a log in which nothing happened has no latest time', async () => {
  using folder = temporaryFolder();
  const data = join(folder.path, 'data');
  openLog(data).close();
  const { out } = await cli(['backup', join(folder.path, 'copy'), '--data-dir', data, '--json']);
  expect(JSON.parse(out)).toMatchObject({ incidents: 0, until: null });
});

test('a file that is no backup is refused with a sentence', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'notes.txt');
  writeFileSync(file, 'these are my notes\n'.repeat(200));
  const { code, out, err } = await cli(['restore', file, '--data-dir', join(folder.path, 'data')]);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toBe(
    `alert-bot: ${file} is no incident log (file is not a database): name a file that alert-bot backup made\n`,
  );
});
