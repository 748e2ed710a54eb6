// The log, the supervisor and its processes are real; Alertmanager and Prometheus are small HTTP servers.
import { afterAll, describe, expect, test, vi } from 'vitest';
import { PlatformError } from '../domain/platform.ts';
import { writeTrouble } from '../store/db.ts';
import { eventsOf } from '../store/events.ts';
import { evidenceOf } from '../store/evidence.ts';
import { evidenceTime } from '../store/traces.ts';
import type { Stage } from '../testing/stage.ts';
import { bootStages, running } from '../testing/stages.ts';
import { runAttempt } from './attempt.ts';
import { captureAfter } from './evidence-after.ts';
import { seekProof } from './prove.ts';

const NAMES = [
  ...['healed', 'twice', 'blind', 'away', 'by-itself', 'hangs', 'again', 'stops', 'late', 'full'],
  ...['unproven', 'defect'],
];

const { box, end, stageOf } = await bootStages(NAMES);
afterAll(end);

const until = (assertion: () => void) => vi.waitFor(assertion, { timeout: 15_000, interval: 20 });
const keptAfter = (stage: Stage, id = 1) =>
  evidenceOf(stage.db, id).filter(({ moment }) => moment === 'after');
const never = <T>() => Promise.withResolvers<T>().promise;
const NOBODY = new PlatformError('unavailable', 'nobody listens');

/** The logs of the target, from the first call on. */
function afterCall(stage: Stage, logs: () => Promise<string>): void {
  const real = stage.platform.logs;
  stage.platform.logs = (...asked) => (stage.calls.length > 0 ? logs() : real(...asked));
}

/** An attempt, and its proof. */
async function attemptOf(stage: Stage) {
  const id = await stage.queue();
  await runAttempt(stage.deps, id);
  const concluded = await seekProof(stage.deps, id);
  if (concluded === null) throw new Error('no attempt was proven');
  return { id, concluded };
}

describe('G9: evidence after the proof', { concurrent: true }, () => {
  test('of a healed attempt stands beside what was kept before it, captured alike', async () => {
    using stage = stageOf('healed');
    const generatorURL = 'http://prometheus/graph?g0.expr=broken+%3D%3D+1&g0.tab=1';
    afterCall(stage, async () => `${'x'.repeat(100_000)} password=hunter2 the end`);
    await stage.fire({ generatorURL });
    await using _ = running(stage);
    await until(() => expect(keptAfter(stage)).toHaveLength(3));
    expect(stage.incident(1)).toMatchObject({ status: 'closed', outcome: 'healed' });
    const kept = evidenceOf(stage.db, 1);
    expect(kept.map(({ moment, kind, attempt_id }) => `${attempt_id} ${moment} ${kind}`)).toEqual([
      ...['1 before logs', '1 before state', '1 before query'],
      ...['1 after logs', '1 after state', '1 after query'],
    ]);
    expect(kept.map(({ error }) => error)).toEqual(Array(6).fill(null));
    const states = kept.filter(({ kind }) => kind === 'state').map(({ content }) => JSON.parse(content));
    expect(states).toMatchObject([{ restartCount: 0 }, { restartCount: 1, running: true }]);
    expect(keptAfter(stage)[0]).toMatchObject({ truncated: true });
    expect(keptAfter(stage)[0]?.content).toMatch(/^x.* password=\*\*\* the end$/);
    expect(eventsOf(stage.db, 1).at(-1)).toMatchObject({
      kind: 'evidence',
      text: '3 of 3 pieces of evidence kept after the action',
    });
  });

  test('of one that was not proven in time, which a person has', async () => {
    using stage = stageOf('unproven', { prove: { within: 1 } });
    stage.firing = async () => true;
    await stage.fire();
    await using _ = running(stage);
    await until(() => expect(stage.incident(1).status).toBe('escalated'));
    await until(() => expect(keptAfter(stage)).toHaveLength(2));
    expect(stage.attempts(1)).toMatchObject([{ outcome: 'unproven' }]);
  });

  test('is kept once for an attempt', async () => {
    using stage = stageOf('twice');
    const { id, concluded } = await attemptOf(stage);
    expect(keptAfter(stage, id)).toEqual([]);
    await Promise.all([captureAfter(stage.deps, concluded), captureAfter(stage.deps, concluded)]);
    await captureAfter(stage.deps, concluded);
    expect(keptAfter(stage, id)).toHaveLength(2);
    // The span of what was captured before the call does not reach beyond it.
    expect(evidenceTime(stage.db, concluded.attempt.id)).toMatchObject({ pieces: 2 });
  });

  test('is not captured of what the bot did nothing to', async () => {
    using stage = stageOf('by-itself');
    stage.firing = async () => false;
    const id = await stage.fire();
    await stage.resolve();
    await stage.consider(id);
    expect(await seekProof(stage.deps, id)).toBeNull();
    expect(stage.incident(id)).toMatchObject({ outcome: 'recovered' });
  });

  test('of a platform that cannot be asked any more is an error each; the incident is closed all the same', async () => {
    using stage = stageOf('away');
    afterCall(stage, async () => {
      throw NOBODY;
    });
    const { id, concluded } = await attemptOf(stage);
    expect(stage.incident(id)).toMatchObject({ status: 'closed', outcome: 'healed' });
    stage.platform.inspect = async () => {
      throw NOBODY;
    };
    await captureAfter(stage.deps, concluded);
    const error = 'nobody listens';
    expect(keptAfter(stage, id)).toMatchObject([
      { kind: 'logs', content: '', error },
      { kind: 'state', content: '', error },
    ]);
    expect(eventsOf(stage.db, id).at(-1)?.text).toBe('0 of 2 pieces of evidence kept after the action');
  });

  test('names whom the attempt called where the last look saw nobody', async () => {
    using stage = stageOf('blind');
    const { id, concluded } = await attemptOf(stage);
    await captureAfter(stage.deps, { ...concluded, seen: null });
    expect(keptAfter(stage, id)).toMatchObject([
      { kind: 'logs', subject: 'blind', error: null },
      { kind: 'state', subject: 'blind', error: null },
    ]);
  });

  test('that hangs is given up after 3 s, and the incident was closed before', async () => {
    using stage = stageOf('hangs');
    afterCall(stage, never);
    await stage.fire();
    await using _ = running(stage);
    await until(() => expect(stage.incident(1)).toMatchObject({ status: 'closed', outcome: 'healed' }));
    expect(keptAfter(stage)).toEqual([]);
    await until(() => expect(keptAfter(stage)).toHaveLength(2));
    const [logs, state] = keptAfter(stage);
    expect(logs).toMatchObject({ content: '', error: 'no answer within 3 s' });
    expect(state).toMatchObject({ error: null });
    // What was begun once it was closed took its time without it.
    const { closedAt } = stage.incident(1);
    expect(logs?.at).toBeGreaterThanOrEqual(closedAt ?? Number.POSITIVE_INFINITY);
    expect(logs?.took_ms).toBeLessThan(4_000);
  });

  test('that hangs does not hold up the next attempt', async () => {
    using stage = stageOf('again');
    stage.firing = async () => (await box.process('again')).restartCount < 2;
    // The first attempt leaves it unwell: a verdict at once.
    const { inspect, logs } = stage.platform;
    stage.platform.inspect = async (id) => {
      const target = await inspect(id);
      const isUnwell = target.instances.some(({ restartCount }) => restartCount === 1);
      const instances = target.instances.map((one) => ({ ...one, health: 'unhealthy' as const }));
      return isUnwell ? { ...target, instances } : target;
    };
    let asked = 0;
    stage.platform.logs = (...of) => {
      asked += 1;
      return asked === 2 ? never() : logs(...of);
    };
    await stage.fire();
    await using _ = running(stage);
    await until(() => expect(stage.calls).toHaveLength(2));
    expect(stage.attempts(1)).toMatchObject([{ outcome: 'did_not_help' }, { number: 2 }]);
    // The backoff is 1 s.
    expect(keptAfter(stage)).toEqual([]);
    await until(() => expect(keptAfter(stage)).toHaveLength(4));
    const hung = keptAfter(stage).filter(({ error }) => error !== null);
    expect(hung).toMatchObject([{ attempt_id: 1, kind: 'logs', error: 'no answer within 3 s' }]);
  });
});

describe('a stop of the bot', { concurrent: true }, () => {
  test('ends it at once, and nothing of it is kept', async () => {
    using stage = stageOf('stops');
    afterCall(stage, never);
    await stage.fire();
    const engine = stage.engine();
    await until(() => expect(stage.incident(1)).toMatchObject({ status: 'closed' }));
    const began = performance.now();
    stage.stopping.abort();
    await engine.stopped;
    expect(performance.now() - began).toBeLessThan(500);
    expect(keptAfter(stage)).toEqual([]);
    expect(await stage.count('failures_total', { where: 'captureAfter' })).toBe(0);
  });

  test('while it is answered: it is left', async () => {
    using stage = stageOf('late');
    const { id, concluded } = await attemptOf(stage);
    afterCall(stage, async () => {
      stage.stopping.abort();
      return 'too late';
    });
    await captureAfter(stage.deps, concluded);
    expect(keptAfter(stage, id)).toEqual([]);
  });
});

describe('what fails', { concurrent: true }, () => {
  test('a log that cannot be written is no failure of its own, and nothing is thrown', async () => {
    using stage = stageOf('full');
    const { id, concluded } = await attemptOf(stage);
    stage.db.pragma('max_page_count = 1');
    afterCall(stage, async () => 'x'.repeat(60_000));
    await captureAfter(stage.deps, concluded);
    expect(writeTrouble(stage.db)).toContain('full');
    expect(keptAfter(stage, id)).toEqual([]);
    expect(await stage.count('failures_total', { where: 'captureAfter' })).toBe(0);
  });

  test('a defect of ours is counted, not thrown', async () => {
    using stage = stageOf('defect');
    const { concluded } = await attemptOf(stage);
    vi.spyOn(stage.deps, 'now').mockImplementation(() => {
      throw new TypeError('undefined is not a function');
    });
    await captureAfter(stage.deps, concluded);
    expect(await stage.count('failures_total', { where: 'captureAfter' })).toBe(1);
  });
});
