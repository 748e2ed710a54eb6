import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLog } from '../store/db.ts';
import { anIncident, NOON, temporaryFolder } from '../testing/log.ts';
import { cli } from './harness.ts';

test('a running bot is backed up; it has to be stopped for the restore, which says where the old log is', async () => {
  using folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const file = join(folder.path, 'copy');
  const env = { ALERT_BOT_DATA_DIR: data };
  const bot = openLog(data);
  anIncident(bot.db);
  bot.db.prepare("UPDATE meta SET value = ? WHERE key = 'log_time'").run(NOON);

  const made = await cli(['backup', file], env);
  expect(made).toMatchObject({ code: 0, err: '' });
  expect(made.out).toMatch(
    /copy: 1 incident up to 2026-01-31T12:00:00\.000Z, log version \d+, \d+ bytes\. The tokens are not in it\.\n$/,
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
