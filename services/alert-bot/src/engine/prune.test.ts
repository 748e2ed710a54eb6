// Long because what may not be pruned is longer than what may. The log is a real one on disk; only the clock is the test's own.
import { describe, expect, test, vi } from 'vitest';
import { start } from '../cli/harness.ts';
import { closeIncident } from '../decision/conclude.ts';
import { PlatformError } from '../domain/platform.ts';
import type { PlaybookFile } from '../domain/playbook.ts';
import type { Target } from '../domain/target.ts';
import { reserveAttempt } from '../store/attempts.ts';
import { openLog } from '../store/db.ts';
import { finishDelivery, insertDelivery, recordOutcome } from '../store/deliveries.ts';
import { addEvent } from '../store/events.ts';
import { insertEvidence } from '../store/evidence.ts';
import { fileBytes, usedBytes } from '../store/space.ts';
import {
  aDelivery,
  again,
  anIncident,
  NOON,
  type TestLog,
  temporaryFolder,
  temporaryLog,
} from '../testing/log.ts';
import { createPruner, type PrunerDeps, type Retention } from './prune.ts';

const DAY = 86_400_000;
const MB = 1024 ** 2;
const NOTHING: PlaybookFile = {
  text: '',
  playbooks: [],
  limits: {
    concurrent: 1,
    targets: { count: 1, percent: 100, per: 600_000 },
    storm: { incidents: 10, per: 60_000, calm: 60_000 },
  },
  maintenance: [],
};

function createStageOf(log: TestLog, change: Partial<PrunerDeps> = {}) {
  const pruned = new Map<string, number>();
  const events = {
    pruned: vi.fn((what: string, rows: number) => void pruned.set(what, (pruned.get(what) ?? 0) + rows)),
    logTooLarge: vi.fn(),
    failed: vi.fn(),
  };
  const sleep = vi.fn(async (_length: number) => {});
  const deps: PrunerDeps = {
    db: log.db,
    now: () => NOON,
    monotonic: () => 0,
    sleep,
    playbooks: () => NOTHING,
    stopping: new AbortController().signal,
    platform: { list: async () => [] },
    events,
    ...change,
  };
  return {
    ...{ events, pruned, sleep },
    async round(retention: Partial<Retention> = {}): Promise<void> {
      const pruner = createPruner(deps, { keep: 90 * DAY, max: 1024 * MB, ...retention });
      pruner.begin();
      await pruner.idle();
      expect(events.failed).not.toHaveBeenCalled();
    },
  };
}

/** A closed incident so long ago, with an attempt, evidence, and the delivery that brought it. */
function old(log: TestLog, name: string, age: number, bytes = 100): number {
  const { db } = log;
  const at = NOON - age;
  const { id } = anIncident(db, { target: `supervisor:${name}` }, at);
  insertDelivery(db, aDelivery(name, { receivedAt: at }));
  recordOutcome(db, name, { index: 0, outcome: 'new', incident: id });
  finishDelivery(db, name, 'triaged');
  const circuitBefore = { open: false, until: null, times: 0 };
  const attempt = reserveAttempt(
    db,
    {
      ...{ incident: id, target: `supervisor:${name}`, step: 0, boot: 1, grace: 1, circuitBefore },
      reason: 'retry',
    },
    at,
  );
  db.prepare('UPDATE attempts SET ended_at = ? WHERE id = ?').run(at, attempt.id);
  insertEvidence(db, id, attempt.id, {
    ...{
      moment: 'before',
      kind: 'logs',
      subject: name,
      at,
      took: 1,
      content: 'x'.repeat(bytes),
      truncated: false,
      error: null,
    },
  });
  closeIncident(db, again(db, id), 'dismissed', {}, at);
  return id;
}

const idsOf = (log: TestLog) => log.db.prepare('SELECT id FROM incidents ORDER BY id').pluck().all();
const left = (log: TestLog, table: string) =>
  Number(log.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get());

describe('by age', () => {
  test('what is over goes after ALERT_BOT_LOG_KEEP, what is younger stays', async () => {
    using log = temporaryLog();
    old(log, 'old', 90 * DAY + 1);
    const young = old(log, 'young', 90 * DAY - 1);
    const stage = createStageOf(log);
    await stage.round();
    expect(idsOf(log)).toEqual([young]);
    expect(left(log, 'deliveries')).toBe(1);
    expect(stage.pruned.get('incidents')).toBeGreaterThan(3);
    expect(stage.pruned.get('deliveries')).toBe(2);
  });

  test('the heartbeat is kept for an hour', async () => {
    using log = temporaryLog();
    for (const [id, at] of [
      ['old', NOON - 3_600_001],
      ['young', NOON - 3_600_000],
    ] as const) {
      insertDelivery(log.db, aDelivery(id, { receivedAt: at }));
      recordOutcome(log.db, id, { index: 0, outcome: 'heartbeat' });
      finishDelivery(log.db, id, 'triaged');
    }
    await createStageOf(log).round();
    expect(log.db.prepare('SELECT id FROM deliveries').pluck().all()).toEqual(['young']);
  });

  test('what others were told goes after a week, what they are still to be told stays', async () => {
    using log = temporaryLog();
    const add = log.db.prepare(
      `INSERT INTO notices (kind, dedupe, payload, created_at, next_try_at, sent_at, given_up_at)
       VALUES ('annotation', ?, '{}', ?, 0, ?, ?)`,
    );
    add.run('sent', NOON - 7 * DAY - 1, NOON, null);
    add.run('given up', NOON - 7 * DAY - 1, null, NOON);
    add.run('young', NOON - 7 * DAY, NOON, null);
    add.run('pending', NOON - 30 * DAY, null, null);
    const stage = createStageOf(log);
    await stage.round();
    expect(log.db.prepare('SELECT dedupe FROM notices ORDER BY id').pluck().all()).toEqual([
      'young',
      'pending',
    ]);
    expect(stage.pruned.get('notices')).toBe(2);
  });
  test('G4: what a budget or a cooldown still counts stays, also when that is longer', async () => {
    using log = temporaryLog();
    const counted = old(log, 'counted', 6 * DAY);
    old(log, 'over', 8 * DAY);
    const target = { labels: { 'alert-bot.budget': '2 per 7d' } };
    const platform = { list: async () => [{ ...aTarget(), ...target }] };
    await createStageOf(log, { platform }).round({ keep: DAY });
    expect(idsOf(log)).toEqual([counted]);
  });

  test('G4: no incident goes while the platform cannot say what its targets need', async () => {
    using log = temporaryLog();
    const id = old(log, 'old', 100 * DAY);
    const list = async () => {
      throw new PlatformError('unavailable', 'nobody listens');
    };
    await createStageOf(log, { platform: { list } }).round({ max: 1 });
    expect(idsOf(log)).toEqual([id]);
    expect(left(log, 'deliveries')).toBe(0);
  });

  test('without anything to remove nobody is asked', async () => {
    using log = temporaryLog();
    old(log, 'young', DAY);
    const list = vi.fn(async () => []);
    await createStageOf(log, { platform: { list } }).round();
    expect(list).not.toHaveBeenCalled();
  });
});

describe('by size', () => {
  test('evidence goes before incidents, oldest first, until it fits', async () => {
    using log = temporaryLog();
    const ids = ['a', 'b', 'c', 'd'].map((name, i) => old(log, name, (10 - i) * DAY, 2 * MB));
    const stage = createStageOf(log);
    await stage.round({ max: 5 * MB });
    expect(idsOf(log)).toEqual(ids);
    // Four go in one step.
    expect(stage.pruned.get('evidence')).toBe(4);
    expect(stage.events.logTooLarge).not.toHaveBeenCalled();
  });

  test('then the oldest incidents, until it fits', async () => {
    using log = temporaryLog();
    const ids = ['a', 'b', 'c', 'd'].map((name, i) => old(log, name, (10 - i) * DAY));
    for (const id of ids)
      for (let i = 0; i < 20; i++) addEvent(log.db, id, NOON, 'alert', 'x'.repeat(MB / 10));
    await createStageOf(log).round({ max: 5 * MB });
    expect(idsOf(log)).toEqual(ids.slice(2));
    expect(usedBytes(log.db)).toBeLessThan(5 * MB);
    // None is left with half of its rows.
    expect(left(log, 'events')).toBe(2 * 21);
  });

  test('the file becomes smaller', async () => {
    using log = temporaryLog();
    for (const name of ['a', 'b', 'c', 'd']) old(log, name, 10 * DAY, 4 * MB);
    expect(fileBytes(log.db)).toBeGreaterThan(16 * MB);
    await createStageOf(log).round({ max: 5 * MB });
    expect(fileBytes(log.db)).toBeLessThan(5 * MB);
  });

  test('G4: the last day stays, and it is told that the log is too large, once', async () => {
    using log = temporaryLog();
    const id = old(log, 'young', DAY - 1, 4 * MB);
    const stage = createStageOf(log);
    await stage.round({ max: MB });
    expect(idsOf(log)).toEqual([id]);
    expect(usedBytes(log.db)).toBeGreaterThan(4 * MB);
    expect(stage.events.logTooLarge).toHaveBeenCalledTimes(1);
  });

  test('deliveries go first, those of the last hour stay', async () => {
    using log = temporaryLog();
    for (const [id, age] of [
      ['old', 3_600_001],
      ['young', 3_600_000],
      ['pending', 100 * DAY],
    ] as const) {
      insertDelivery(log.db, aDelivery(id, { receivedAt: NOON - age, body: 'x'.repeat(MB) }));
      if (id !== 'pending') finishDelivery(log.db, id, 'triaged');
    }
    await createStageOf(log).round({ max: MB });
    expect(log.db.prepare('SELECT id FROM deliveries ORDER BY id').pluck().all()).toEqual([
      'pending',
      'young',
    ]);
  });
});

describe('never holds up the rest', () => {
  const many = (log: TestLog) => {
    log.db.transaction(() => {
      for (let i = 0; i < 400; i++) old(log, `t${i}`, 100 * DAY);
    })();
  };
  /** How many rows each transaction removed. */
  const batches = (stage: ReturnType<typeof createStageOf>) => stage.sleep.mock.calls.length + 1;

  test('a few hundred rows at once, with a pause after them', async () => {
    using log = temporaryLog();
    many(log);
    const rows = left(log, 'deliveries') + left(log, 'delivery_alerts');
    const stage = createStageOf(log);
    await stage.round();
    expect(left(log, 'incidents')).toBe(0);
    expect(batches(stage)).toBeGreaterThan(rows / 540);
  });

  test('fewer where they take long', async () => {
    using log = temporaryLog();
    many(log);
    let ticks = 0;
    const stage = createStageOf(log, { monotonic: () => (ticks += 4) });
    await stage.round();
    expect(left(log, 'incidents')).toBe(0);
    // Each step of at most 20 rows ends its batch.
    expect(batches(stage)).toBeGreaterThan(400);
  });

  test('what took long, on a slow disk too, is rested from four times as long', async () => {
    using log = temporaryLog();
    many(log);
    let at = 0;
    const stage = createStageOf(log, { monotonic: () => (at += 25) });
    await stage.round();
    // From its beginning over the look at the time in it to its end.
    expect(new Set(stage.sleep.mock.calls.map(([length]) => length >= 100))).toEqual(new Set([true]));
    const quick = createStageOf(log);
    many(log);
    await quick.round();
    expect(new Set(quick.sleep.mock.calls.map(([length]) => length))).toEqual(new Set([5]));
  });

  test('a second round waits for the first', async () => {
    using log = temporaryLog();
    many(log);
    const asked = vi.fn(async () => []);
    const { events, sleep } = createStageOf(log);
    const pruner = createPruner(
      {
        ...{ db: log.db, events, sleep, playbooks: () => NOTHING, platform: { list: asked } },
        ...{ now: () => NOON, monotonic: () => 0, stopping: new AbortController().signal },
      },
      { keep: 90 * DAY, max: MB },
    );
    for (let i = 0; i < 3; i++) pruner.begin();
    await pruner.idle();
    expect(asked).toHaveBeenCalledTimes(1);
  });
});

test('kill -9 in the middle leaves a good log, and the next round goes on', async () => {
  using folder = temporaryFolder();
  const made = openLog(folder.path);
  const log = { ...made, folder: folder.path, [Symbol.dispose]: () => {} };
  made.db.transaction(() => {
    for (let i = 0; i < 1_000; i++) old(log, `t${i}`, 100 * DAY, 2_000);
  })();
  made.close();

  const { child, end } = start([
    '--input-type=module',
    '-e',
    `import { openLog } from ${JSON.stringify(import.meta.resolve('../store/db.ts'))};
     import { createPruner } from ${JSON.stringify(import.meta.resolve('./prune.ts'))};
     const { db } = openLog(${JSON.stringify(folder.path)});
     const events = { pruned() { process.stdout.write('.'); }, logTooLarge() {}, failed: console.error };
     const pruner = createPruner({
       db, events, now: () => ${NOON}, monotonic: () => performance.now(),
       sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
       playbooks: () => (${JSON.stringify(NOTHING)}), platform: { list: async () => [] },
       stopping: new AbortController().signal,
     }, { keep: ${DAY}, max: ${MB} });
     pruner.begin();
     await pruner.idle();
     process.stdout.write('done');`,
  ]);
  await vi.waitFor(async () => {
    await new Promise((resolve) => child.stdout.once('data', resolve));
  });
  child.kill('SIGKILL');
  const { out, err } = await end;
  expect({ done: out.includes('done'), err }).toEqual({ done: false, err: '' });

  const { db, close } = openLog(folder.path);
  const after = { db, boot: 0, folder: folder.path, [Symbol.dispose]: () => {} };
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(db.pragma('foreign_key_check')).toEqual([]);
  expect(left(after, 'incidents')).toBeGreaterThan(0);
  await createStageOf(after).round({ keep: DAY });
  expect(left(after, 'incidents') + left(after, 'deliveries') + left(after, 'evidence')).toBe(0);
  close();
});

const aTarget = (): Target => ({
  id: 'docker:service:shop/api',
  service: 'api',
  labels: {},
  instances: [],
  dependsOn: [],
  protectedBecause: null,
});
