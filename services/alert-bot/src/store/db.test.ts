// Long because each way in which a folder or a file can be wrong has its sentence.
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { start } from '../cli/harness.ts';
import { aDelivery, anAlert, anIncident, NOON, temporaryFolder, temporaryLog } from '../testing/log.ts';
import { recordAlive } from './controls.ts';
import { type Db, openLog, StoreError, synced, write, writeAhead, writeTrouble } from './db.ts';
import { countPending, insertDelivery } from './deliveries.ts';
import { openEpisode } from './episodes.ts';
import { knownVersion } from './migrate.ts';

function refusalOf(open: () => unknown): string {
  try {
    open();
  } catch (error) {
    if (error instanceof StoreError) return error.message;
    throw error;
  }
  return expect.unreachable('it was opened');
}

async function errorOf(writing: Promise<unknown>): Promise<unknown> {
  return writing.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** Somebody else with the log open, such as a person's shell. */
const otherConnection = (folder: string) => new Database(join(folder, 'incidents.db'));

/** The open transactions of our own connection hold this. */
const fill = (bytes: number) => 'x'.repeat(bytes);

describe('the log', () => {
  test('G1: syncs every commit: WAL and synchronous=FULL, read back from the connection', () => {
    using log = temporaryLog();
    expect(log.db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(log.db.pragma('synchronous', { simple: true })).toBe(2);
    expect(log.db.pragma('busy_timeout', { simple: true })).toBe(0);
    expect(log.db.pragma('foreign_keys', { simple: true })).toBe(1);
  });

  test('knows how many migrations made it', () => {
    using log = temporaryLog();
    const migrations = readdirSync(join(import.meta.dirname, 'migrations'));
    expect(log.db.pragma('user_version', { simple: true })).toBe(migrations.length);
  });

  test('keeps what it has, and numbers the processes that open it', () => {
    using folder = temporaryFolder();
    const boots = [1, 2, 3].map((n) => {
      const { db, boot, close } = openLog(folder.path);
      insertDelivery(db, aDelivery(`d${n}`));
      expect(countPending(db)).toBe(n);
      close();
      return boot;
    });
    expect(boots).toEqual([1, 2, 3]);
  });

  test('G12: is for its user only, in a folder that is as well', () => {
    using folder = temporaryFolder();
    const dataDir = join(folder.path, 'made', 'here');
    const { db, close } = openLog(dataDir);
    // While it is open: the write-ahead log beside it holds the same rows.
    insertDelivery(db, aDelivery('d'));
    const modes = Object.fromEntries(
      readdirSync(dataDir).map((name) => [name, (statSync(join(dataDir, name)).mode & 0o777).toString(8)]),
    );
    close();
    expect(modes).toEqual({
      'incidents.db': '600',
      'incidents.db-wal': '600',
      'incidents.db-shm': '600',
      'lock.db': '600',
      'lock.db-journal': '600',
    });
    expect((statSync(dataDir).mode & 0o777).toString(8)).toBe('700');
  });

  test('written by a newer version is refused, and left as it is', () => {
    using folder = temporaryFolder();
    openLog(folder.path).close();
    const other = otherConnection(folder.path);
    const migrations = Number(other.pragma('user_version', { simple: true }));
    other.pragma('user_version = 99');
    other.close();
    expect(refusalOf(() => openLog(folder.path))).toBe(
      `${folder.path}/incidents.db was written by a newer alert-bot (log version 99, this one knows ${knownVersion()}); ` +
        'run that version, or restore a backup made before the upgrade',
    );
    const after = otherConnection(folder.path);
    expect(after.prepare("SELECT value FROM meta WHERE key = 'boot'").pluck().get()).toBe(1);
    // And nobody holds it any more.
    after.pragma(`user_version = ${migrations}`);
    after.close();
    openLog(folder.path).close();
  });

  test('that is no database is told in a sentence', () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'incidents.db'), fill(4096));
    expect(refusalOf(() => openLog(folder.path))).toBe(
      `the incident log in ${folder.path} cannot be opened: file is not a database; ` +
        'put a copy in its place with alert-bot restore, or move incidents.db* away to begin a new log',
    );
  });

  test('a migration that fails leaves nothing of itself', () => {
    using folder = temporaryFolder();
    const other = otherConnection(folder.path);
    // Half of the first migration can be run before it meets this.
    other.exec('CREATE TABLE targets (other)');
    expect(refusalOf(() => openLog(folder.path))).toContain('table targets already exists');
    const names = other.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
    other.close();
    expect(names).toEqual(['targets']);
  });
});

describe('the data folder', () => {
  test('that cannot be made is told with its variable and the remedy', () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'file');
    writeFileSync(file, '');
    for (const dataDir of [file, join(file, 'data')])
      expect(refusalOf(() => openLog(dataDir))).toMatch(
        new RegExp(`^ALERT_BOT_DATA_DIR=${dataDir} cannot be made: E.*; name a folder that can be written$`),
      );
  });

  test('that cannot be written is told with its variable and the remedy', () => {
    using folder = temporaryFolder();
    // In /proc nobody can make a file, not even root.
    const closed = process.getuid?.() === 0 ? '/proc/self' : join(folder.path, 'closed');
    if (closed !== '/proc/self') {
      mkdirSync(closed);
      chmodSync(closed, 0o500);
    }
    expect(refusalOf(() => openLog(closed))).toBe(
      `ALERT_BOT_DATA_DIR=${closed} cannot be used: unable to open database file; name a folder that can be written`,
    );
  });

  test('one process at a time; kill -9 frees it', async () => {
    using folder = temporaryFolder();
    const { child, end } = start([
      '--input-type=module',
      '-e',
      `import { openLog } from ${JSON.stringify(import.meta.resolve('./db.ts'))};
       globalThis.held = openLog(${JSON.stringify(folder.path)});
       process.stdout.write('open');
       setInterval(() => {}, 1000);`,
    ]);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(refusalOf(() => openLog(folder.path))).toBe(
      `another alert-bot is using ${folder.path}; stop it, or give this one its own ALERT_BOT_DATA_DIR`,
    );
    child.kill('SIGKILL');
    await end;
    const { boot, close } = openLog(folder.path);
    expect(boot).toBe(2);
    close();
  });

  test('one opening at a time within a process as well', () => {
    using log = temporaryLog();
    expect(refusalOf(() => openLog(log.folder))).toContain('another alert-bot is using');
    expect(countPending(log.db)).toBe(0);
  });
});

describe('write', () => {
  test('is one transaction: an error undoes all of it and is passed on', async () => {
    using log = temporaryLog();
    const failure = new Error('no');
    const writing = write(log.db, () => {
      insertDelivery(log.db, aDelivery('d'));
      throw failure;
    });
    expect(await errorOf(writing)).toBe(failure);
    expect(countPending(log.db)).toBe(0);
  });

  test('G1: what it resolved is in the file for every other connection', async () => {
    using log = temporaryLog();
    await write(log.db, () => insertDelivery(log.db, aDelivery('d')));
    using other = disposable(otherConnection(log.folder));
    expect(other.prepare('SELECT id FROM deliveries').pluck().all()).toEqual(['d']);
  });

  test('waits for somebody else’s lock without holding up the event loop', async () => {
    using log = temporaryLog();
    using other = disposable(otherConnection(log.folder));
    other.exec('BEGIN IMMEDIATE');
    const writing = write(log.db, () => insertDelivery(log.db, aDelivery('d')));
    let ticks = 0;
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        ticks += 1;
        if (ticks < 30) return;
        clearInterval(timer);
        resolve();
      }, 5);
    });
    expect(countPending(log.db)).toBe(0);
    other.exec('COMMIT');
    await writing;
    expect(countPending(log.db)).toBe(1);
  });

  test('G1: gives up on a lock after its patience, with a sentence', async () => {
    using log = temporaryLog();
    using other = disposable(otherConnection(log.folder));
    other.exec('BEGIN IMMEDIATE');
    const began = performance.now();
    const error = await errorOf(write(log.db, () => insertDelivery(log.db, aDelivery('d')), 150));
    expect(error).toBeInstanceOf(StoreError);
    expect(String(error)).toBe('StoreError: the incident log cannot be written: database is locked');
    expect(performance.now() - began).toBeGreaterThanOrEqual(150);
    other.exec('COMMIT');
    expect(countPending(log.db)).toBe(0);
  });

  test('G1: what was waited for in vain is not waited for again until a write was kept', async () => {
    using log = temporaryLog();
    using other = disposable(otherConnection(log.folder));
    other.exec('BEGIN IMMEDIATE');
    const put = (id: string, patience?: number) =>
      errorOf(write(log.db, () => insertDelivery(log.db, aDelivery(id)), patience));
    await put('first', 50);
    const began = performance.now();
    // With the patience of four seconds that a write has.
    for (let i = 0; i < 20; i++) expect(await put(`d${i}`)).toBeInstanceOf(StoreError);
    expect(performance.now() - began).toBeLessThan(3_000);
    other.exec('COMMIT');
    expect(await put('second')).toBeUndefined();
    other.exec('BEGIN IMMEDIATE');
    const waiting = put('third');
    await new Promise((resolve) => setTimeout(resolve, 50));
    other.exec('COMMIT');
    expect(await waiting).toBeUndefined();
  });

  test('G14: why it cannot be written is known until a write was kept, and one that changes nothing is none', async () => {
    using log = temporaryLog();
    expect(writeTrouble(log.db)).toBeNull();
    const pages = Number(log.db.pragma('page_count', { simple: true }));
    log.db.pragma(`max_page_count = ${pages}`);
    await errorOf(write(log.db, () => insertDelivery(log.db, aDelivery('d', { body: fill(100_000) }))));
    const full = 'the incident log cannot be written: database or disk is full';
    expect(writeTrouble(log.db)).toBe(full);
    await write(log.db, () => countPending(log.db));
    expect(writeTrouble(log.db)).toBe(full);
    const defect = new Error('no');
    await errorOf(
      write(log.db, () => {
        throw defect;
      }),
    );
    expect(writeTrouble(log.db)).toBe(full);
    await write(log.db, () => recordAlive(log.db, NOON));
    expect(writeTrouble(log.db)).toBeNull();
  });

  test('a reader of the log never holds up a write', async () => {
    using log = temporaryLog();
    using other = disposable(otherConnection(log.folder));
    other.exec('BEGIN');
    other.prepare('SELECT count(*) FROM deliveries').get();
    await write(log.db, () => insertDelivery(log.db, aDelivery('d')), 0);
    other.exec('COMMIT');
  });

  test('G1: a full disk is told in a sentence and leaves nothing half-written', async () => {
    using log = temporaryLog();
    const pages = Number(log.db.pragma('page_count', { simple: true }));
    log.db.pragma(`max_page_count = ${pages + 4}`);
    const writing = write(log.db, () => {
      insertDelivery(log.db, aDelivery('small'));
      insertDelivery(log.db, aDelivery('large', { body: fill(100_000) }));
    });
    expect(String(await errorOf(writing))).toBe(
      'StoreError: the incident log cannot be written: database or disk is full',
    );
    expect(countPending(log.db)).toBe(0);
    expect(log.db.inTransaction).toBe(false);
    // Room again: nothing to mend by hand.
    log.db.pragma(`max_page_count = ${pages + 400}`);
    await write(log.db, () => insertDelivery(log.db, aDelivery('large', { body: fill(100_000) })));
    expect(countPending(log.db)).toBe(1);
  });

  test('a log that became read-only is told in a sentence', async () => {
    using log = temporaryLog();
    log.db.pragma('query_only = ON');
    const writing = write(log.db, () => insertDelivery(log.db, aDelivery('d')));
    expect(await errorOf(writing)).toBeInstanceOf(StoreError);
  });

  test('a broken constraint is a defect of ours and stays one', async () => {
    using log = temporaryLog();
    const twice = () => {
      insertDelivery(log.db, aDelivery('d'));
      insertDelivery(log.db, aDelivery('d'));
    };
    const error = await errorOf(write(log.db, twice));
    expect(error).not.toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ code: 'SQLITE_CONSTRAINT_PRIMARYKEY' });
  });
});

describe('writeAhead', () => {
  const syncing = (db: Db) => db.pragma('synchronous', { simple: true });

  test('G1: is not synced, and leaves the log as it was: the next write is', async () => {
    using log = temporaryLog();
    const during = await writeAhead(log.db, () => {
      insertDelivery(log.db, aDelivery('d'));
      return syncing(log.db);
    });
    expect([during, syncing(log.db)]).toEqual([1, 2]);
    await errorOf(
      writeAhead(log.db, () => {
        throw new Error('no');
      }),
    );
    expect(syncing(log.db)).toBe(2);
    expect(countPending(log.db)).toBe(1);
  });

  test('is seen by every other connection, before it is synced and after', async () => {
    using log = temporaryLog();
    using other = disposable(otherConnection(log.folder));
    const seen = () => other.prepare('SELECT id FROM deliveries').pluck().all();
    await writeAhead(log.db, () => insertDelivery(log.db, aDelivery('d')));
    expect(seen()).toEqual(['d']);
    await synced(log.db);
    expect(seen()).toEqual(['d']);
  });

  test('G1: fails as a write does, and is told with it', async () => {
    using log = temporaryLog();
    log.db.pragma(`max_page_count = ${Number(log.db.pragma('page_count', { simple: true }))}`);
    const large = aDelivery('large', { body: fill(100_000) });
    const full = 'the incident log cannot be written: database or disk is full';
    expect(String(await errorOf(writeAhead(log.db, () => insertDelivery(log.db, large))))).toBe(
      `StoreError: ${full}`,
    );
    // What was not synced proves nothing about the disk.
    await writeAhead(log.db, () => recordAlive(log.db, NOON));
    expect(writeTrouble(log.db)).toBe(full);
    expect(syncing(log.db)).toBe(2);
    await synced(log.db);
    expect(writeTrouble(log.db)).toBeNull();
  });

  test('a log that is closed while it is synced closes when that is over', async () => {
    using folder = temporaryFolder();
    const { db, close } = openLog(folder.path);
    await writeAhead(db, () => insertDelivery(db, aDelivery('d')));
    const syncs = [synced(db), synced(db)];
    close();
    await Promise.all(syncs);
    const again = openLog(folder.path);
    expect(countPending(again.db)).toBe(1);
    again.close();
  });
});

test('every text comes back as it went in', () => {
  using log = temporaryLog();
  const texts = [
    'quotes " \' ` \\ "" \'\' ; --',
    'lines\r\nand\ttabs\u2028\u2029',
    'nul \0 in the middle\0',
    'emoji 🧯👩🏽‍🚒 and flags 🇳🇴',
    'right to left \u202eעברית العربية\u202c',
    fill(10_240),
    '',
  ];
  const labels = Object.fromEntries(texts.map((text, i) => [`l${i}`, text]));
  texts.forEach((text, i) => {
    const { id } = anIncident(log.db, { target: `supervisor:${i}`, title: text, service: text });
    openEpisode(log.db, anAlert({ fingerprint: `${i}`, labels, annotations: labels }), 'manual', id, NOON);
    insertDelivery(log.db, aDelivery(`d${i}`, { body: text, groupKey: text }));
  });
  using other = disposable(otherConnection(log.folder));
  expect(other.prepare('SELECT title FROM incidents ORDER BY id').pluck().all()).toEqual(texts);
  expect(other.prepare('SELECT body FROM deliveries ORDER BY id').pluck().all()).toEqual(texts);
  for (const kept of other.prepare('SELECT labels FROM episodes').pluck().all())
    expect(JSON.parse(String(kept))).toEqual(labels);
});

test('the migrations are numbered without a gap', () => {
  const names = readdirSync(join(import.meta.dirname, 'migrations')).sort();
  expect(names.map((name) => Number(name.slice(0, 4)))).toEqual(names.map((_, i) => i + 1));
  for (const name of names)
    expect(readFileSync(join(import.meta.dirname, 'migrations', name), 'utf8')).not.toContain('user_version');
});

function disposable(db: Database.Database) {
  return Object.assign(db, { [Symbol.dispose]: () => void db.close() });
}
