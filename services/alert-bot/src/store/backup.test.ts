// The logs are files on disk, and a process of its own writes to them where it says so.
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test, vi } from 'vitest';
import { start } from '../cli/harness.ts';
import { aDelivery, anIncident, NOON, temporaryFolder, temporaryLog } from '../testing/log.ts';
import { backupLog } from './backup.ts';
import { openLog } from './db.ts';
import { insertDelivery } from './deliveries.ts';
import { knownVersion } from './migrate.ts';
import { restoreLog, restoreNotes } from './restore.ts';

const ME = { by: 'me', why: 'because' };
const module = (path: string) => JSON.stringify(import.meta.resolve(path));

async function refusalOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Error && error.name === 'StoreError') return error.message;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('a backup', () => {
  test('has what was committed, for its owner only, in one file', async () => {
    using log = temporaryLog();
    using folder = temporaryFolder();
    anIncident(log.db);
    const file = join(folder.path, 'copy');
    const facts = await backupLog(log.folder, file, NOON);
    expect(facts).toMatchObject({ version: knownVersion(), incidents: 1 });
    expect(readdirSync(folder.path)).toEqual(['copy']);
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    using copy = disposable(new Database(file, { readonly: true }));
    expect(copy.pragma('journal_mode', { simple: true })).toBe('delete');
    expect(copy.prepare("SELECT value FROM meta WHERE key = 'backup_at'").pluck().get()).toBe(NOON);
    // And the bot goes on writing.
    anIncident(log.db, { target: 'supervisor:other' });
  });

  test('is one moment of the log, while another process writes as fast as it can', async () => {
    using data = temporaryFolder();
    using folder = temporaryFolder();
    const made = openLog(data.path);
    made.db.transaction(() => {
      for (let i = 0; i < 2_000; i++)
        insertDelivery(made.db, aDelivery(`d${i}`, { body: 'x'.repeat(4_000) }));
    })();
    made.close();
    const { child, end } = start([
      '--input-type=module',
      '-e',
      `import { openLog } from ${module('./db.ts')};
       const { db } = openLog(${JSON.stringify(data.path)});
       const both = db.transaction((i) => {
         db.prepare("INSERT INTO deliveries (id, received_at, source, body) VALUES (?, 0, 'manual', ?)").run('w' + i, 'x'.repeat(3000));
         db.prepare("INSERT INTO delivery_alerts (delivery_id, idx, outcome) VALUES (?, 0, 'own')").run('w' + i);
       });
       process.stdout.write('writing');
       for (let i = 0; ; i++) both(i);`,
    ]);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const count = (file: string) => {
      using copy = disposable(new Database(file, { readonly: true }));
      const of = (sql: string) => Number(copy.prepare(sql).pluck().get());
      const alerts = of('SELECT count(*) FROM delivery_alerts');
      expect(of("SELECT count(*) FROM deliveries WHERE id LIKE 'w%'")).toBe(alerts);
      return alerts;
    };
    const counts: number[] = [];
    for (const name of ['a', 'b', 'c']) {
      const file = join(folder.path, name);
      await backupLog(data.path, file, NOON);
      counts.push(count(file));
    }
    child.kill('SIGKILL');
    expect((await end).err).toBe('');
    // It really wrote meanwhile.
    expect(counts[2]).toBeGreaterThan(counts[0] ?? 0);
  });

  test('that is killed in the middle leaves no file of that name, and a good log', async () => {
    using log = temporaryLog();
    using folder = temporaryFolder();
    log.db.transaction(() => {
      for (let i = 0; i < 3_000; i++)
        insertDelivery(log.db, aDelivery(`d${i}`, { body: 'x'.repeat(30_000) }));
    })();
    const file = join(folder.path, 'copy');
    const { child, end } = start([
      '--input-type=module',
      '-e',
      `import { backupLog } from ${module('./backup.ts')};
       await backupLog(${JSON.stringify(log.folder)}, ${JSON.stringify(file)}, 0);
       process.stdout.write('done');`,
    ]);
    // As soon as it has begun to write.
    await vi.waitFor(
      () => {
        const sizes = readdirSync(folder.path).map((name) => statSync(join(folder.path, name)).size);
        expect(Math.max(0, ...sizes)).toBeGreaterThan(0);
      },
      { timeout: 10_000, interval: 1 },
    );
    child.kill('SIGKILL');
    expect((await end).out).toBe('');
    expect(readdirSync(folder.path)).not.toContain('copy');
    expect(log.db.pragma('integrity_check', { simple: true })).toBe('ok');
    expect((await backupLog(log.folder, file, NOON)).version).toBe(knownVersion());
  });

  // Each row: what is in the way, and the sentence.
  test.each<[string, (data: string, folder: string) => string, string]>([
    [
      'the file exists',
      (_, folder) => {
        writeFileSync(join(folder, 'taken'), 'mine');
        return 'taken';
      },
      '/taken exists, and a backup never takes the place of a file: name another one',
    ],
    ['its folder does not', () => 'no/such', '/no/such cannot be written (ENOENT: no such file or directory'],
  ])('is refused where %s', async (_, prepare, says) => {
    using log = temporaryLog();
    using folder = temporaryFolder();
    const name = prepare(log.folder, folder.path);
    const before = readdirSync(folder.path);
    expect(await refusalOf(() => backupLog(log.folder, join(folder.path, name), NOON))).toContain(says);
    expect(readdirSync(folder.path)).toEqual(before);
  });

  test('is refused where there is no log', async () => {
    using folder = temporaryFolder();
    expect(await refusalOf(() => backupLog(folder.path, join(folder.path, 'copy'), NOON))).toBe(
      `${folder.path}/incidents.db does not exist: set ALERT_BOT_DATA_DIR to the bot's data folder`,
    );
  });
});

describe('a restore', () => {
  /** A backup with one incident, of a log that went on to have two. */
  async function aBackup(folder: string, dataDir: string): Promise<string> {
    const { db, close } = openLog(dataDir);
    anIncident(db);
    const file = join(folder, 'copy');
    await backupLog(dataDir, file, NOON);
    anIncident(db, { target: 'supervisor:other' });
    close();
    return file;
  }
  const titlesIn = (dataDir: string) => {
    const { db, close } = openLog(dataDir);
    const targets = db.prepare('SELECT target_id FROM incidents ORDER BY id').pluck().all();
    close();
    return targets;
  };

  test('takes the place of the log, which is kept beside it', async () => {
    using folder = temporaryFolder();
    const data = join(folder.path, 'data');
    const file = await aBackup(folder.path, data);
    const { keptAs, incidents } = restoreLog(data, file, ME, NOON);
    expect(incidents).toBe(1);
    expect(keptAs).toBe(`${data}/incidents.db.before-2026-01-31T12-00-00-000Z`);
    expect((statSync(join(data, 'incidents.db')).mode & 0o777).toString(8)).toBe('600');
    expect(readdirSync(data).filter((name) => name.includes('partial'))).toEqual([]);
    expect(titlesIn(data)).toEqual(['supervisor:api']);
    using kept = disposable(new Database(keptAs ?? ''));
    expect(kept.prepare('SELECT count(*) FROM incidents').pluck().get()).toBe(2);
  });

  test('into a folder that is not there yet', async () => {
    using folder = temporaryFolder();
    const file = await aBackup(folder.path, join(folder.path, 'data'));
    const fresh = join(folder.path, 'fresh');
    expect(restoreLog(fresh, file, ME, NOON).keptAs).toBeNull();
    expect(titlesIn(fresh)).toEqual(['supervisor:api']);
  });

  test('is written down, and told for a day', async () => {
    using folder = temporaryFolder();
    const data = join(folder.path, 'data');
    restoreLog(data, await aBackup(folder.path, data), ME, NOON + 5_000);
    const { db, close } = openLog(data);
    expect(db.prepare('SELECT at, by, why, action FROM audit').all()).toEqual([
      { at: NOON + 5_000, ...ME, action: 'restore' },
    ]);
    expect(restoreNotes(db, NOON + 6_000)).toEqual([
      'the log was restored at 2026-01-31T12:00:05.000Z from a backup of 2026-01-31T12:00:00.000Z: ' +
        'attempts in between are not counted by any limit',
    ]);
    expect(restoreNotes(db, NOON + 25 * 3_600_000)).toEqual([]);
    close();
  });

  test('a log that was never restored is told of nothing', () => {
    using log = temporaryLog();
    expect(restoreNotes(log.db, NOON)).toEqual([]);
  });

  test('G2: numbers of incidents and boots are not given again', async () => {
    using folder = temporaryFolder();
    const data = join(folder.path, 'data');
    const file = await aBackup(folder.path, data);
    openLog(data).close();
    restoreLog(data, file, ME, NOON);
    const { db, boot, close } = openLog(data);
    expect(boot).toBe(3);
    expect(anIncident(db, { target: 'supervisor:new' }).id).toBe(3);
    close();
  });

  test('over a log that cannot be read: it is kept as it is', async () => {
    using folder = temporaryFolder();
    const data = join(folder.path, 'data');
    const file = await aBackup(folder.path, data);
    const broken = join(folder.path, 'broken');
    mkdirSync(broken);
    writeFileSync(join(broken, 'incidents.db'), 'x'.repeat(5_000));
    const { keptAs } = restoreLog(broken, file, ME, NOON);
    expect(statSync(keptAs ?? '').size).toBe(5_000);
    expect(titlesIn(broken)).toEqual(['supervisor:api']);
  });

  // Each row: what is wrong with the file, and the sentence.
  test.each<[string, (file: string) => void, string]>([
    ['is not there', () => {}, ' is no file: name one that alert-bot backup made'],
    ['is a folder', (file) => mkdirSync(file), ' is no file: name one that alert-bot backup made'],
    [
      'is no database',
      (file) => writeFileSync(file, 'x'.repeat(5_000)),
      ' is no incident log (file is not a database): name a file that alert-bot backup made',
    ],
    [
      'is some other database',
      (file) => new Database(file).exec('CREATE TABLE t (x)').close(),
      ' is no incident log (its tables are others): name a file that alert-bot backup made',
    ],
    ['is empty', (file) => writeFileSync(file, ''), ' is no incident log (its tables are others)'],
  ])('is refused where the file %s', async (_, make, says) => {
    using folder = temporaryFolder();
    const data = join(folder.path, 'data');
    await aBackup(folder.path, data);
    const file = join(folder.path, 'other');
    make(file);
    expect(await refusalOf(() => restoreLog(data, file, ME, NOON))).toContain(`${file}${says}`);
    expect(readdirSync(data).toSorted()).toEqual(['incidents.db', 'lock.db']);
    expect(titlesIn(data)).toHaveLength(2);
  });

  test('is refused where the copy is of a newer version, damaged, or in use', async () => {
    using folder = temporaryFolder();
    const data = join(folder.path, 'data');
    const file = await aBackup(folder.path, data);
    const refused = () => refusalOf(() => restoreLog(data, file, ME, NOON));
    const copy = new Database(file);
    copy.pragma('user_version = 99');
    expect(await refused()).toContain(`${file} was written by a newer alert-bot (log version 99`);
    copy.pragma(`user_version = ${knownVersion()}`);
    copy.pragma('foreign_keys = OFF');
    copy.exec("INSERT INTO events (incident_id, at, kind, text, data) VALUES (999, 0, 'alert', '', '{}')");
    expect(await refused()).toContain('is damaged (rows refer to others that are not there)');
    copy.exec('DELETE FROM events WHERE incident_id = 999');
    copy.close();
    writeFileSync(`${file}-wal`, 'x');
    expect(await refused()).toContain('has a write-ahead log beside it');
    expect(titlesIn(data)).toHaveLength(2);
  });

  test('is refused while a bot runs, and of the log itself', async () => {
    using folder = temporaryFolder();
    const data = join(folder.path, 'data');
    const file = await aBackup(folder.path, data);
    const own = join(data, 'incidents.db');
    expect(await refusalOf(() => restoreLog(data, own, ME, NOON))).toContain('is the log itself');
    const bot = openLog(data);
    expect(await refusalOf(() => restoreLog(data, file, ME, NOON))).toContain('another alert-bot is using');
    bot.close();
    restoreLog(data, file, ME, NOON);
  });
});

function disposable(db: Database.Database) {
  return Object.assign(db, { [Symbol.dispose]: () => void db.close() });
}
