// Long because an attempt can end before its first call in many ways. The log, the supervisor and its processes are real; Alertmanager and Prometheus are small HTTP servers.
import Database from 'better-sqlite3';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { consider } from '../engine/consider.ts';
import { attemptFacts, endAttempt, reserveAttempt } from '../store/attempts.ts';
import { addPause } from '../store/controls.ts';
import { write } from '../store/db.ts';
import { evidenceOf } from '../store/evidence.ts';
import { resetTarget, targetState } from '../store/targets.ts';
import type { Stage, StageOptions } from '../testing/stage.ts';
import { bootStages } from '../testing/stages.ts';
import { runAttempt } from './attempt.ts';
import { seekProof } from './prove.ts';
import { recoverAttempt } from './recover.ts';

const NAMES = [
  ...['paused', 'silenced', 'opted-out', 'resolved', 'platform-away', 'stopped', 'reset'],
  ...['first', 'second', 'trial', 'trial-failed', 'not-tried', 'hangs', 'large', 'mended'],
  ...['namesakes', 'witness', 'interrupted', 'spent', 'late-pause'],
];

const { box, end, stageOf } = await bootStages(NAMES);
afterAll(end);

const MINUTE = 60_000;
/** One attempt spends the budget: its reservation opens the circuit. */
const ONE_ATTEMPT: StageOptions = {
  limits: { budgets: [{ attempts: 1, per: 30 * MINUTE }], quarantine: 60 * MINUTE },
};

/** Something that happens while evidence is captured. */
function meanwhile(stage: Stage, happens: () => unknown): void {
  const { logs } = stage.platform;
  stage.platform.logs = async (...asked) => {
    await happens();
    return logs(...asked);
  };
}

describe('G13: what stops a call, although it came while evidence was captured', { concurrent: true }, () => {
  const person = { by: 'me', why: 'hands off' };
  const stops: [string, string, string, (stage: Stage) => unknown][] = [
    [
      'paused',
      'deferred',
      'paused',
      ({ db, clock }) => write(db, () => addPause(db, person, null, clock.now())),
    ],
    [
      'silenced',
      'deferred',
      'silenced',
      (stage) => {
        stage.scene.listed = () => [{ labels: stage.labels, state: 'silenced' }];
      },
    ],
    [
      'opted-out',
      'closed',
      'not_opted_in',
      (stage) => {
        stage.platform.find = async () => [await stage.targetWith({ labels: {} })];
      },
    ],
    [
      'resolved',
      'deferred',
      'guard_unavailable',
      (stage) => {
        stage.scene.listed = () => [];
      },
    ],
    [
      'platform-away',
      'deferred',
      'guard_unavailable',
      (stage) => {
        stage.platform.find = () => stage.supervisor.find('nobody');
      },
    ],
  ];
  test.each(stops)('%s', async (service, status, reason, happens) => {
    using stage = stageOf(service, ONE_ATTEMPT);
    meanwhile(stage, () => happens(stage));
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(stage.calls).toEqual([]);
    if (service === 'platform-away') expect(stage.incident(id).reason).toBe('no_target');
    else expect(stage.incident(id)).toMatchObject({ status, reason });
    // Nothing is spent: neither the budget nor the circuit, which the reservation had opened.
    expect(stage.attempts(id)).toMatchObject([{ outcome: 'not_called', calls: [] }]);
    expect(attemptFacts(stage.db, stage.target, 0)).toEqual([]);
    expect(targetState(stage.db, stage.target)).toMatchObject({ open: false, until: null, times: 0 });
    expect(await stage.events()).toEqual(['start']);
    if (status === 'closed')
      expect(await stage.count('incidents_closed_total', { outcome: 'dismissed' })).toBe(1);
  });

  test('a pause that is answered right before the intent', async () => {
    using stage = stageOf('late-pause');
    const other = new Database(stage.db.name);
    using _ = { [Symbol.dispose]: () => void other.close() };
    const { find } = stage.platform;
    // From the last reading on somebody else has the log: the intent has to wait for the pause to be written.
    meanwhile(stage, () => {
      stage.platform.find = async (service) => {
        other.exec('BEGIN IMMEDIATE');
        setTimeout(() => {
          addPause(other, person, null, stage.clock.now());
          other.exec('COMMIT');
        }, 200);
        stage.platform.find = find;
        return find(service);
      };
    });
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(stage.calls).toEqual([]);
    expect(stage.attempts(id)).toMatchObject([{ outcome: 'not_called', calls: [] }]);
    expect(stage.incident(id)).toMatchObject({ status: 'deferred', reason: 'paused' });
  });

  test('the bot is stopped: it is left to the next process, which did not call it', async () => {
    using stage = stageOf('stopped');
    meanwhile(stage, () => stage.stopping.abort());
    const id = await stage.queue();
    await runAttempt(stage.deps, id).catch(() => undefined);
    expect(stage.calls).toEqual([]);
    expect(stage.incident(id).status).toBe('acting');
    await recoverAttempt(stage.deps, id);
    expect(stage.attempts(id)).toMatchObject([{ outcome: 'not_called', calls: [] }]);
  });
});

test('G2: what was called and not answered is looked at by the next process, not called again', async () => {
  using stage = stageOf('interrupted');
  const { act } = stage.platform;
  stage.platform.act = async (...call) => {
    await act(...call);
    stage.stopping.abort();
    await Promise.withResolvers<void>().promise;
  };
  const id = await stage.queue();
  await runAttempt(stage.deps, id).catch(() => undefined);
  await recoverAttempt({ ...stage.deps, stopping: new AbortController().signal }, id);
  expect(stage.incident(id).status).toBe('proving');
  expect(stage.attempts(id)).toMatchObject([{ outcome: null, calls: ['restart: done'] }]);
  expect(stage.calls).toHaveLength(1);
});

describe('limits', { concurrent: true }, () => {
  test('G4: are read again in the transaction that reserves', async () => {
    using stage = stageOf('spent', ONE_ATTEMPT);
    const id = await stage.queue();
    await write(stage.db, () => {
      const now = stage.clock.now();
      const circuitBefore = { open: false, until: null, times: 0 };
      const intruder = { incident: id, target: stage.target, step: 0, reason: 'retry' as const };
      const attempt = reserveAttempt(stage.db, { ...intruder, boot: 0, grace: 0, circuitBefore }, now);
      endAttempt(stage.db, attempt.id, 'failed', 'refused', now);
    });
    await runAttempt(stage.deps, id);
    expect(stage.attempts(id)).toMatchObject([{ reason: 'retry', outcome: 'failed' }]);
    expect(stage.incident(id)).toMatchObject({ status: 'escalated', reason: 'budget_exhausted' });
    expect(stage.calls).toEqual([]);
  });

  test('G5: a name that fits two services is no target', async () => {
    using stage = stageOf('namesakes');
    stage.platform.find = async () => [
      await stage.targetWith({}),
      await stage.targetWith({ id: 'supervisor:other' }),
    ];
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(stage.calls).toEqual([]);
    expect(stage.incident(id)).toMatchObject({ status: 'escalated', reason: 'ambiguous_target' });
  });

  test('G5: a call on one target holds the next one back', async () => {
    using stage = stageOf('first');
    stage.file.playbooks = stage.file.playbooks.map((playbook) => ({ ...playbook, matches: () => true }));
    const called = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const { act } = stage.platform;
    stage.platform.act = async (...call) => {
      called.resolve();
      await goOn.promise;
      await act(...call);
    };
    const others = { alertname: 'Broken', service: 'second' };
    stage.scene.listed = () => [{ labels: stage.labels }, { labels: others }];
    const first = await stage.queue();
    const second = await stage.fire({ fingerprint: '00000000000000aa', labels: others });
    await consider(stage.deps, second);
    const running = runAttempt(stage.deps, first);
    await called.promise;
    await runAttempt(stage.deps, second);
    expect(stage.incident(second)).toMatchObject({ status: 'deferred' });
    expect(stage.attempts(second)).toEqual([]);
    goOn.resolve();
    await running;
    expect(stage.calls).toHaveLength(1);
  });

  test('a reset in the middle of an attempt: it goes on, and the next one is the first again', async () => {
    using stage = stageOf('reset', ONE_ATTEMPT);
    const { act } = stage.platform;
    stage.platform.act = async (...call) => {
      stage.clock.advance(10);
      await write(stage.db, () => resetTarget(stage.db, stage.target, stage.clock.now()));
      stage.clock.advance(10);
      await act(...call);
    };
    stage.firing = async () => true;
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(stage.incident(id).status).toBe('proving');
    expect(targetState(stage.db, stage.target)).toMatchObject({ open: false });
    stage.platform.inspect = async () => stage.targetWith({ instances: (await unhealthy(stage)).instances });
    await seekProof(stage.deps, id);
    expect(stage.attempts(id)).toMatchObject([{ outcome: 'did_not_help' }]);
    expect(stage.incident(id)).toMatchObject({ status: 'queued', reason: 'first_attempt' });
  });
});

const unhealthy = async (stage: Stage) => {
  const target = await stage.supervisor.inspect(stage.target);
  return {
    ...target,
    instances: target.instances.map((instance) => ({ ...instance, health: 'unhealthy' as const })),
  };
};

describe('G4: the circuit', { concurrent: true }, () => {
  /** An attempt that does not help, after which a person has it. */
  async function spend(stage: Stage): Promise<number> {
    stage.firing = async () => true;
    const { inspect } = stage.platform;
    stage.platform.inspect = () => unhealthy(stage);
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(targetState(stage.db, stage.target)).toMatchObject({ open: true, times: 1 });
    await seekProof(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'escalated', reason: 'quarantined' });
    stage.platform.inspect = inspect;
    return id;
  }

  test('opens with the budget; no trial before its time; a trial that helps closes it', async () => {
    using stage = stageOf('trial', ONE_ATTEMPT);
    const id = await spend(stage);
    stage.clock.advance(59 * MINUTE);
    await consider(stage.deps, id);
    expect(stage.incident(id).status).toBe('escalated');
    stage.clock.advance(2 * MINUTE);
    await consider(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'queued', reason: 'trial' });
    stage.firing = async () => (await box.process('trial')).restartCount < 2;
    await runAttempt(stage.deps, id);
    expect(targetState(stage.db, stage.target)).toMatchObject({ open: true, times: 2 });
    await seekProof(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'closed', outcome: 'healed' });
    expect(targetState(stage.db, stage.target)).toMatchObject({ open: false, until: null, times: 0 });
    expect(stage.attempts(id)).toMatchObject([{ number: 1 }, { number: 2, reason: 'trial' }]);
  });

  test('a trial that fails doubles it', async () => {
    using stage = stageOf('trial-failed', ONE_ATTEMPT);
    const id = await spend(stage);
    stage.clock.advance(61 * MINUTE);
    await consider(stage.deps, id);
    stage.platform.inspect = () => unhealthy(stage);
    await runAttempt(stage.deps, id);
    await seekProof(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'escalated' });
    const { open, times, until } = targetState(stage.db, stage.target);
    expect({ open, times }).toEqual({ open: true, times: 2 });
    const left = (until ?? 0) - stage.clock.now();
    expect(left).toBeGreaterThan(119 * MINUTE);
    expect(left).toBeLessThanOrEqual(120 * MINUTE);
  });

  test('a trial that is not called is given back, and waits as long as any wait', async () => {
    using stage = stageOf('not-tried', ONE_ATTEMPT);
    const id = await spend(stage);
    const before = targetState(stage.db, stage.target);
    stage.clock.advance(61 * MINUTE);
    await consider(stage.deps, id);
    // The incident is an hour old: the time before a person had it is no wait.
    stage.scene.before = () => {
      throw new Error('away');
    };
    await runAttempt(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'deferred', reason: 'guard_unavailable' });
    expect(targetState(stage.db, stage.target)).toEqual(before);
    expect(stage.attempts(id)).toHaveLength(1);
  });
});

describe('G9: evidence', { concurrent: true }, () => {
  test('is captured before the call', async () => {
    using stage = stageOf('witness');
    meanwhile(stage, async () => {
      expect(await stage.events()).toEqual(['start']);
    });
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(stage.calls).toHaveLength(1);
    expect(evidenceOf(stage.db, id)).toMatchObject([{ error: null }, { error: null }]);
  });

  test('logs that never come are recorded as such, and hold the cure up for 3 s', async () => {
    using stage = stageOf('hangs');
    stage.platform.logs = () => Promise.withResolvers<string>().promise;
    const id = await stage.queue();
    const began = performance.now();
    await runAttempt(stage.deps, id);
    expect(performance.now() - began).toBeLessThan(4_500);
    expect(stage.incident(id).status).toBe('proving');
    const [logs, state] = evidenceOf(stage.db, id);
    expect(logs).toMatchObject({ kind: 'logs', content: '', error: 'no answer within 3 s' });
    expect(state).toMatchObject({ kind: 'state', error: null });
    expect(state?.content).toContain('"running": true');
  });

  test('the end of a large log is kept, cut at a character, and secrets are taken out', async () => {
    using stage = stageOf('large');
    stage.platform.logs = async () => `${'ä€😀'.repeat(100_000)}token=hunter2 the end`;
    const generatorURL = 'http://prometheus/graph?g0.expr=broken+%3D%3D+1&g0.tab=1';
    const id = await stage.fire({ generatorURL });
    await consider(stage.deps, id);
    await runAttempt(stage.deps, id);
    const [logs, , query] = evidenceOf(stage.db, id);
    expect(logs).toMatchObject({ truncated: true, error: null });
    expect(Buffer.byteLength(logs?.content ?? '')).toBeLessThanOrEqual(64 * 1024);
    expect(Buffer.byteLength(logs?.content ?? '')).toBeGreaterThan(64 * 1024 - 4);
    expect(logs?.content).not.toContain('\uFFFD');
    expect(logs?.content).toMatch(/token=\*\*\* the end$/);
    expect(query).toMatchObject({ kind: 'query', subject: 'broken == 1', content: '[]' });
  });

  test('G13: somebody else restarts the target meanwhile, which heals it: it is not called', async () => {
    using stage = stageOf('mended');
    meanwhile(stage, async () => {
      const { id } = await box.process('mended');
      await box.ask('POST', `/processes/${id}/restart`);
    });
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(stage.calls).toEqual([]);
    await stage.resolve();
    await consider(stage.deps, id);
    await vi.waitFor(() => expect(stage.incident(id).status).toBe('proving'));
    await seekProof(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'closed', outcome: 'recovered' });
  });
});
