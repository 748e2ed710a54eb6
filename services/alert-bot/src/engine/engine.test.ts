// The log, the supervisor and its processes are real; Alertmanager and Prometheus are small HTTP servers.
import Database from 'better-sqlite3';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { fingerprint } from '../domain/alert.ts';
import { PlatformError } from '../domain/platform.ts';
import { runAttempt } from '../executor/attempt.ts';
import { addPause, recordAlive } from '../store/controls.ts';
import { write } from '../store/db.ts';
import { decisionsOf } from '../store/decisions.ts';
import { insertDelivery, pendingDeliveries } from '../store/deliveries.ts';
import { targetState } from '../store/targets.ts';
import { aDelivery, openIncidents } from '../testing/log.ts';
import type { Stage } from '../testing/stage.ts';
import { bootStages, running } from '../testing/stages.ts';
import { consider, reconsider } from './consider.ts';
import { startEngine } from './engine.ts';
import { triagePending } from './triage-pending.ts';

const NAMES = [
  ...['healed', 'defect', 'blind', 'given-back', 'never', 'stopped', 'dismissed', 'hiccup', 'full'],
  ...['counted', 'recovering', 'news', 'backlog'],
];

const { end, stageOf } = await bootStages(NAMES);
afterAll(end);

const until = (assertion: () => void) => vi.waitFor(assertion, { timeout: 15_000, interval: 50 });

/** The alert is delivered, as Alertmanager does it. */
async function deliver(stage: Stage, id: string): Promise<void> {
  const body = JSON.stringify({
    version: '4',
    groupKey: '{}',
    status: 'firing',
    alerts: [{ status: 'firing', labels: stage.labels }],
  });
  const delivery = aDelivery(id, {
    receivedAt: stage.clock.now(),
    source: 'alertmanager',
    groupKey: '{}',
    body,
  });
  await write(stage.db, () => insertDelivery(stage.db, delivery));
  stage.deps.wake();
}

describe('the loop', { concurrent: true }, () => {
  test('takes a delivery to its proof', async () => {
    using stage = stageOf('healed');
    await deliver(stage, 'a');
    await using _ = running(stage);
    await until(() => expect(openIncidents(stage.db)).toHaveLength(1));
    await until(() => expect(stage.incident(1)).toMatchObject({ status: 'closed', outcome: 'healed' }));
    expect(await stage.events()).toEqual(['start', 'stop', 'die', 'start']);
  });

  test('more deliveries than one pass takes are all taken before it rests', async () => {
    using stage = stageOf('backlog');
    const body = JSON.stringify({ groupKey: '{}', alerts: [{ labels: { alertname: 'Watchdog' } }] });
    await write(stage.db, () => {
      for (let i = 0; i < 350; i++)
        insertDelivery(stage.db, aDelivery(`d${i}`, { receivedAt: stage.clock.now(), body }));
    });
    const left = () => pendingDeliveries(stage.db, 350).length;
    const leftAtRest: number[] = [];
    const { sleep } = stage.deps;
    stage.deps.sleep = (length, also) => {
      if (length >= 1_000) leftAtRest.push(left());
      return sleep(length, also);
    };
    await using _ = running(stage);
    await until(() => expect(left()).toBe(0));
    await until(() => expect(leftAtRest.length).toBeGreaterThan(0));
    expect(new Set(leftAtRest)).toEqual(new Set([0]));
  });

  test('a long round over many incidents does not keep a new alert waiting', async () => {
    using stage = stageOf('news');
    const { find } = stage.platform;
    // Else the sweep finds it before the round.
    stage.scene.listed = () => [];
    let asked = 0;
    stage.platform.find = async (service) => {
      asked += 1;
      await stage.deps.sleep(50);
      return find(service);
    };
    for (const playbook of stage.file.playbooks) Object.assign(playbook, { matches: () => true });
    const others = 60;
    for (let i = 0; i < others; i++) {
      const labels = { alertname: 'Broken', service: `ghost-${i}` };
      await stage.fire({ labels, fingerprint: fingerprint(labels) });
    }
    await using _ = running(stage);
    await until(() => expect(asked).toBeGreaterThan(10));
    await deliver(stage, 'late');
    const late = () => openIncidents(stage.db).find((one) => one.service === 'news');
    await until(() => expect(late()?.status ?? 'new').not.toBe('new'));
    // Their round was still going on.
    expect(asked).toBeLessThan(others);
  });

  test('G3: is stopped at once in the middle of a call, and the next process goes on', async () => {
    using stage = stageOf('stopped');
    const called = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const { act } = stage.platform;
    stage.platform.act = async (...call) => {
      called.resolve();
      await goOn.promise;
      await act(...call);
    };
    await stage.queue();
    const engine = stage.engine();
    await called.promise;
    stage.stopping.abort();
    const began = performance.now();
    await engine.stopped;
    expect(performance.now() - began).toBeLessThan(500);
    expect(stage.incident(1).status).toBe('acting');

    const never = Promise.withResolvers<void>().promise;
    const { deps, stopping } = stage.next();
    const next = startEngine(deps, () => never);
    goOn.resolve();
    await until(() => expect(stage.incident(1)).toMatchObject({ status: 'closed', outcome: 'healed' }));
    stopping.abort();
    await next.stopped;
    expect(stage.calls).toHaveLength(1);
    expect(await stage.events()).toEqual(['start', 'stop', 'die', 'start']);
  });

  test('G8: a proof does not run out while the bot is away', async () => {
    using stage = stageOf('recovering', { prove: { within: 10_000 } });
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    await write(stage.db, () => recordAlive(stage.db, stage.clock.now()));
    const { deadline = 0 } = stage.incident(id).proof ?? {};
    stage.clock.advance(600_000);
    await using _ = running(stage);
    await until(() => expect(stage.incident(id).proof?.deadline).toBeGreaterThan(deadline));
    // By as long as it was away, and no longer.
    const later = (stage.incident(id).proof?.deadline ?? 0) - deadline;
    expect(Math.abs(later - 600_000)).toBeLessThan(2_000);
    await until(() => expect(stage.incident(id)).toMatchObject({ status: 'closed', outcome: 'healed' }));
    expect(stage.calls).toHaveLength(1);
  });

  test('G4: an attempt that can never be called is reserved once in 5 s at most', async () => {
    using stage = stageOf('never', { speed: 5, limits: { deferAtMost: 20_000 } });
    stage.platform.act = async () => {
      throw new PlatformError('unavailable', 'nobody listens');
    };
    const id = await stage.fire();
    await using _ = running(stage);
    await until(() => expect(stage.incident(id).status).toBe('escalated'));
    expect(stage.incident(id).reason).toBe('waited_too_long');
    const reserved = stage.attempts(id).map((attempt) => attempt.reserved_at);
    expect(reserved.length).toBeGreaterThan(2);
    const gaps = reserved.slice(1).map((at, i) => at - (reserved[i] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(5_000);
    expect(targetState(stage.db, stage.target)).toMatchObject({ open: false });
  });
});

describe('a defect of the bot', { concurrent: true }, () => {
  const defect = async (): Promise<never> => {
    throw new TypeError('undefined is not a function');
  };

  test('in a call: three times, and a person has it', async () => {
    using stage = stageOf('defect', { speed: 20, limits: { budgets: [{ attempts: 9, per: 60_000 }] } });
    stage.file.playbooks = stage.file.playbooks.map((playbook) => ({
      ...playbook,
      steps: [{ kind: 'restart', timeout: 1_000, attempts: 9 }],
    }));
    stage.platform.act = defect;
    const id = await stage.fire();
    await using _ = running(stage);
    await until(() =>
      expect(stage.incident(id)).toMatchObject({ status: 'escalated', reason: 'internal_error' }),
    );
    expect(stage.calls).toHaveLength(3);
    const escalatedAt = stage.clock.monotonic();
    await until(() => expect(stage.clock.monotonic()).toBeGreaterThan(escalatedAt + 20_000));
    expect(stage.calls).toHaveLength(3);
    expect(await stage.count('failures_total', { where: 'runAttempt' })).toBe(3);
  });

  test('while it decides: three times, and a person has it, nothing was called', async () => {
    using stage = stageOf('blind', { speed: 20 });
    stage.platform.find = defect;
    const id = await stage.fire();
    await using _ = running(stage);
    await until(() =>
      expect(stage.incident(id)).toMatchObject({ status: 'escalated', reason: 'internal_error' }),
    );
    expect(stage.calls).toEqual([]);
  });

  test('G4: between reservation and call: what was never called spends nothing', async () => {
    const limits = { budgets: [{ attempts: 1, per: 1_800_000 }] };
    using stage = stageOf('given-back', { speed: 20, limits });
    const id = await stage.queue();
    const { find } = stage.platform;
    let asked = 0;
    stage.platform.find = async (service) => {
      asked += 1;
      return asked === 1 ? find(service) : defect();
    };
    await using _ = running(stage);
    await until(() =>
      expect(stage.incident(id)).toMatchObject({ status: 'escalated', reason: 'internal_error' }),
    );
    expect(stage.attempts(id)).toMatchObject([{ outcome: 'not_called', calls: [] }]);
    expect(targetState(stage.db, stage.target)).toMatchObject({ open: false, times: 0 });
  });
});

describe('what is decided again', { concurrent: true }, () => {
  test('G10: repeats of a wait raise the counter of its row', async () => {
    using stage = stageOf('counted');
    await write(stage.db, () => addPause(stage.db, { by: 'me', why: 'hands off' }, null, stage.clock.now()));
    const id = await stage.fire();
    for (let i = 0; i < 3; i += 1) await consider(stage.deps, id);
    expect(decisionsOf(stage.db, id)).toMatchObject([{ count: 3, decision: { reason: 'paused' } }]);
    expect(await stage.count('decisions_total', { kind: 'defer', reason: 'paused' })).toBe(1);
  });

  test('a dismissed incident, when the answer changes: a new one', async () => {
    using stage = stageOf('dismissed');
    const { find } = stage.platform;
    stage.platform.find = async () => [await stage.targetWith({ labels: {} })];
    await deliver(stage, 'a');
    await using engine = running(stage);
    await until(() => expect(stage.incident(1)).toMatchObject({ outcome: 'dismissed' }));
    await deliver(stage, 'b');
    await until(() => expect(decisionsOf(stage.db, 1)).toMatchObject([{ count: 2 }]));
    stage.platform.find = find;
    await deliver(stage, 'c');
    await until(() => expect(stage.incident(2)).toMatchObject({ status: 'proving' }));
    expect(engine.trouble()).toBeNull();
  });

  test('a dismissed incident, while the platform cannot be asked: not for that', async () => {
    using stage = stageOf('hiccup');
    stage.platform.find = async () => [await stage.targetWith({ labels: {} })];
    const id = await stage.queue();
    expect(stage.incident(id)).toMatchObject({ outcome: 'dismissed' });
    stage.platform.find = async () => {
      throw new PlatformError('unavailable', 'nobody listens');
    };
    await reconsider(stage.deps, id);
    expect(openIncidents(stage.db)).toEqual([]);
  });
});

test('G1: a log that cannot be written while it is triaged drops nothing', async () => {
  using stage = stageOf('full');
  await deliver(stage, 'a');
  // The disk has room for every second transaction only.
  const { transaction } = stage.db;
  let tries = 0;
  Object.assign(stage.db, {
    transaction(fn: (...args: unknown[]) => unknown) {
      const real = transaction.call(stage.db, fn);
      // A savepoint is called with its work, and kept: it serves the disk that has room again as well.
      return Object.assign((...args: unknown[]) => real(...args), {
        immediate() {
          tries += 1;
          if (tries % 2 === 1) throw new Database.SqliteError('database or disk is full', 'SQLITE_FULL');
          return real.immediate();
        },
      });
    },
  });
  for (let i = 0; i < 4; i += 1) await triagePending(stage.deps).catch(() => undefined);
  Object.assign(stage.db, { transaction });
  await triagePending(stage.deps);
  expect(pendingDeliveries(stage.db, 10)).toEqual([]);
  expect(openIncidents(stage.db)).toHaveLength(1);
});
