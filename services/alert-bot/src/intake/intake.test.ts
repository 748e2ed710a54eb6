import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Db, StoreError } from '../store/db.ts';
import { bodyOf, countPending, insertDelivery, outcomesOf, pendingDeliveries } from '../store/deliveries.ts';
import { aDelivery, NOON, temporaryLog } from '../testing/log.ts';
import { type Arrival, createIntake, deliveryId } from './intake.ts';
import { checkPayload } from './payload.ts';

function arrival(id: string, body = `{"labels":{"alertname":"${id}"}}`): Arrival {
  return { delivery: aDelivery(id, { body }), payload: checkPayload(body) };
}

const ids = (db: Db): unknown[] => db.prepare('SELECT id FROM deliveries ORDER BY rowid').pluck().all();

const WAL_HEADER = 32;
const FRAME_HEADER = 24;
const PAGE = 4096;

/** Commits in the write-ahead log: the last frame of each says how large the file is after it. */
function commits(folder: string): number {
  const wal = readFileSync(join(folder, 'incidents.db-wal'));
  const salt = wal.readBigUInt64BE(16);
  let count = 0;
  for (let at = WAL_HEADER; at + FRAME_HEADER + PAGE <= wal.length; at += FRAME_HEADER + PAGE) {
    if (wal.readBigUInt64BE(at + 8) !== salt) break;
    if (wal.readUInt32BE(at + 4) > 0) count += 1;
  }
  return count;
}

describe('group commit', () => {
  test('the first try of few is counted with them, unless they wait behind others', async () => {
    using log = temporaryLog();
    const tries = () => pendingDeliveries(log.db, 100).map(({ id, tries, begun }) => [id, tries, begun]);
    const { accept } = createIntake(log.db, log.boot, () => {});
    await Promise.all([accept(arrival('a')), accept(arrival('b'))]);
    await accept(arrival('behind'));
    expect(tries()).toEqual([
      ['a', 1, log.boot],
      ['b', 1, log.boot],
      ['behind', 0, null],
    ]);
  });

  test('the first try of many is counted when they have their turn', async () => {
    using log = temporaryLog();
    const { accept } = createIntake(log.db, log.boot, () => {});
    await Promise.all(Array.from({ length: 10 }, (_, i) => accept(arrival(`d${i}`))));
    expect(new Set(pendingDeliveries(log.db, 100).map(({ tries }) => tries))).toEqual(new Set([0]));
  });

  test('200 deliveries at once cost few syncs, and keep their order', async () => {
    using log = temporaryLog();
    const { accept } = createIntake(log.db, log.boot, () => {});
    const before = commits(log.folder);
    const all = Array.from({ length: 200 }, (_, i) => `d${i}`);
    await Promise.all(all.map((id) => accept(arrival(id))));
    expect(commits(log.folder) - before).toBe(1);
    expect(ids(log.db)).toEqual(all);
  });

  test('200 deliveries that trickle in cost a fraction of 200 syncs', async () => {
    using log = temporaryLog();
    const { accept } = createIntake(log.db, log.boot, () => {});
    const before = commits(log.folder);
    const accepted: Promise<void>[] = [];
    for (let turn = 0; turn < 20; turn++) {
      for (let i = 0; i < 10; i++) accepted.push(accept(arrival(`d${turn}-${i}`)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(accepted);
    expect(commits(log.folder) - before).toBeLessThanOrEqual(21);
    expect(countPending(log.db)).toBe(200);
  });

  test('G1: every answer comes after its own commit', async () => {
    using log = temporaryLog();
    using other = disposable(new Database(join(log.folder, 'incidents.db'), { readonly: true }));
    const isThere = other.prepare('SELECT count(*) FROM deliveries WHERE id = ?').pluck();
    const { accept } = createIntake(log.db, log.boot, () => {});
    const seen = await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        await accept(arrival(`d${i}`));
        return isThere.get(`d${i}`);
      }),
    );
    expect(new Set(seen)).toEqual(new Set([1]));
  });

  test('the engine is woken once a commit, and only after it', async () => {
    using log = temporaryLog();
    const pending: number[] = [];
    const { accept } = createIntake(log.db, log.boot, () => pending.push(countPending(log.db)));
    await Promise.all([accept(arrival('a')), accept(arrival('b'))]);
    await accept(arrival('c'));
    await expect.poll(() => pending).toEqual([2, 3]);
  });

  test('whatever the batches, what was accepted is there once and nothing else', async () => {
    const turns = fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(turns, async (sizes) => {
        using log = temporaryLog();
        const { accept } = createIntake(log.db, log.boot, () => {});
        const sent: string[] = [];
        const accepted: Promise<void>[] = [];
        for (const [turn, size] of sizes.entries()) {
          for (let i = 0; i < size; i++) {
            sent.push(`${turn}-${i}`);
            accepted.push(accept(arrival(`${turn}-${i}`)));
          }
          await new Promise((resolve) => setImmediate(resolve));
        }
        await Promise.all(accepted);
        expect(ids(log.db)).toEqual(sent);
      }),
      { numRuns: 15 },
    );
  });
});

describe('what cannot be stored', () => {
  test('fails alone where it is the delivery that is wrong', async () => {
    using log = temporaryLog();
    insertDelivery(log.db, aDelivery('taken'));
    const { accept } = createIntake(log.db, log.boot, () => {});
    const ended = await Promise.allSettled(['a', 'taken', 'b'].map((id) => accept(arrival(id))));
    expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(ids(log.db)).toEqual(['taken', 'a', 'b']);
  });

  test('leaves none of its own rows behind', async () => {
    using log = temporaryLog();
    const { accept } = createIntake(log.db, log.boot, () => {});
    const twice = arrival('twice', '{"alerts":[{"status":"odd"}]}');
    // The second row of it fails, after the first was written.
    log.db.exec(
      `CREATE TRIGGER no_rejections BEFORE INSERT ON delivery_alerts BEGIN SELECT raise(ABORT, 'no'); END`,
    );
    await expect(accept(twice)).rejects.toThrow('no');
    expect(ids(log.db)).toEqual([]);
  });

  test('G1: a full disk rejects the whole batch, as the log’s trouble, and stores nothing', async () => {
    using log = temporaryLog();
    const { accept } = createIntake(log.db, log.boot, () => {});
    const pages = Number(log.db.pragma('page_count', { simple: true }));
    log.db.pragma(`max_page_count = ${pages + 4}`);
    const large = arrival('large', `{"labels":{"alertname":"${'x'.repeat(100_000)}"}}`);
    const ended = await Promise.allSettled([accept(arrival('a')), accept(large), accept(arrival('b'))]);
    for (const end of ended)
      expect(end).toMatchObject({
        status: 'rejected',
        reason: new StoreError('the incident log cannot be written: database or disk is full'),
      });
    expect(ids(log.db)).toEqual([]);
    expect(log.db.inTransaction).toBe(false);
    // Room again: the next ones are taken.
    log.db.pragma(`max_page_count = ${pages + 400}`);
    await Promise.all([accept(large), accept(arrival('b'))]);
    expect(ids(log.db)).toEqual(['large', 'b']);
  });

  test('G1: a commit that fails rejects the whole batch and stores nothing', async () => {
    using log = temporaryLog();
    const { accept } = createIntake(log.db, log.boot, () => {});
    // A debt that each delivery takes on and that only the commit asks for.
    log.db.exec(`
      CREATE TABLE debt (owed TEXT REFERENCES deliveries (id) DEFERRABLE INITIALLY DEFERRED);
      CREATE TRIGGER owe AFTER INSERT ON deliveries BEGIN INSERT INTO debt VALUES ('nobody'); END;`);
    const ended = await Promise.allSettled(['a', 'b', 'c'].map((id) => accept(arrival(id))));
    expect(ended.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(ids(log.db)).toEqual([]);
    log.db.exec('DROP TRIGGER owe');
    await accept(arrival('d'));
    expect(ids(log.db)).toEqual(['d']);
  });

  test('G1: what is committed and not synced is not accepted; a sync that fails rejects the whole batch', async () => {
    using log = temporaryLog();
    const disk = Promise.withResolvers<void>();
    const world = { sleep: () => Promise.resolve(), sync: () => disk.promise };
    const { accept } = createIntake(log.db, log.boot, () => {}, world);
    let isAnswered = false;
    const answers = Promise.allSettled([accept(arrival('a')), accept(arrival('b'))]).finally(() => {
      isAnswered = true;
    });
    await expect.poll(() => ids(log.db)).toEqual(['a', 'b']);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isAnswered).toBe(false);
    disk.reject(new StoreError('the disk failed'));
    expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  test('a locked log delays the batch, and takes it when it is free', async () => {
    using log = temporaryLog();
    using other = disposable(new Database(join(log.folder, 'incidents.db')));
    const { accept } = createIntake(log.db, log.boot, () => {});
    other.exec('BEGIN IMMEDIATE');
    let done = 0;
    const accepted = Promise.all(
      ['a', 'b'].map((id) =>
        accept(arrival(id)).then(() => {
          done += 1;
        }),
      ),
    );
    // The event loop goes on meanwhile.
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(done).toBe(0);
    other.exec('COMMIT');
    await accepted;
    expect(ids(log.db)).toEqual(['a', 'b']);
  });
});

describe('what is kept of a delivery', () => {
  test('the body as it came, with what was rejected of it', async () => {
    using log = temporaryLog();
    const body = JSON.stringify({ alerts: [{ labels: { alertname: 'A' } }, { labels: {} }, 7] });
    await createIntake(log.db, log.boot, () => {}).accept(arrival('d', body));
    expect(pendingDeliveries(log.db, 10)).toMatchObject([{ id: 'd', tries: 1 }]);
    expect(bodyOf(log.db, 'd')).toBe(body);
    expect(outcomesOf(log.db, 'd')).toMatchObject([
      { index: 1, outcome: 'rejected' },
      { index: 2, outcome: 'rejected' },
    ]);
    expect(log.db.prepare('SELECT idx, field FROM delivery_alerts ORDER BY idx').all()).toEqual([
      { idx: 1, field: 'alerts.1.labels' },
      { idx: 2, field: 'alerts.2' },
    ]);
  });

  test.each([
    ['nothing in it', '{"alerts":[]}', 'triaged'],
    ['only bad alerts', '{"alerts":[{}]}', 'rejected'],
    ['a good one', '{"alerts":[{"labels":{"a":"b"}},{}]}', 'pending'],
  ])('with %s it waits for triage, or not', async (_, body, state) => {
    using log = temporaryLog();
    await createIntake(log.db, log.boot, () => {}).accept(arrival('d', body));
    expect(log.db.prepare('SELECT state FROM deliveries').pluck().all()).toEqual([state]);
  });
});

test('an id sorts by time and holds what was drawn', () => {
  const times = [0, 35, 36, NOON - 1, NOON, NOON + 1];
  const made = times.map((time) => deliveryId(time, 'abc'));
  expect(made.toSorted()).toEqual(made);
  expect(deliveryId(0, 'abc')).toBe('000000000-abc');
});

function disposable(db: Database.Database) {
  return Object.assign(db, { [Symbol.dispose]: () => void db.close() });
}
