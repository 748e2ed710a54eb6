// The log, the supervisor and its processes are real; Alertmanager and Prometheus are small HTTP servers.
import { afterAll, describe, expect, test } from 'vitest';
import { PlatformError, type PlatformErrorCode, type Verb } from '../domain/platform.ts';
import type { Instance } from '../domain/target.ts';
import { consider } from '../engine/consider.ts';
import { attemptFacts } from '../store/attempts.ts';
import { targetState } from '../store/targets.ts';
import type { Stage } from '../testing/stage.ts';
import { bootStages } from '../testing/stages.ts';
import { runAttempt } from './attempt.ts';

const NAMES = [
  ...['refused', 'unavailable', 'not-found', 'start-failed', 'dead', 'after', 'changed', 'stopped'],
  ...['replaced-before', 'replaced-after', 'replaced-in-doubt'],
  ...[
    'unchanged',
    'unknown',
    'was-down',
    'late',
    'start-refused',
    'start-away',
    'start-replaced',
    'stopped-by-hand',
  ],
];

const { box, end, stageOf } = await bootStages(NAMES);
afterAll(end);

/** The platform does what it is asked, and the answer is this error; with `doing` it does something else. */
function answers(stage: Stage, code: PlatformErrorCode, doing?: (verb: Verb, id: string) => unknown): void {
  const { act } = stage.platform;
  stage.platform.act = async (verb, id, grace, atMost) => {
    await (doing === undefined ? act(verb, id, grace, atMost) : doing(verb, id));
    throw new PlatformError(code, `it is ${code}`);
  };
}

const nothing = () => undefined;

/** From now on these are the instances of the target. */
async function becomes(stage: Stage, instances: readonly Instance[]): Promise<void> {
  const target = await stage.targetWith({ instances });
  stage.platform.inspect = async () => target;
  stage.platform.find = async () => [target];
}

/** A deploy: another instance takes the place of the one that was there. */
async function replace(stage: Stage): Promise<void> {
  const [old] = (await stage.targetWith({})).instances;
  if (old === undefined) throw new Error('there is no instance');
  const at = stage.clock.now();
  await becomes(stage, [{ ...old, id: 'successor', createdAt: at, startedAt: at }]);
}

describe('what the platform answers to a call', { concurrent: true }, () => {
  test('refused: the attempt failed, and a person has it', async () => {
    using stage = stageOf('refused');
    answers(stage, 'refused', nothing);
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'escalated', reason: 'action_failed' });
    expect(stage.attempts(id)).toMatchObject([{ outcome: 'failed', calls: ['restart: refused'] }]);
    expect(attemptFacts(stage.db, stage.target, 0)).toHaveLength(1);
    expect(stage.calls).toHaveLength(1);
  });

  test('G4: unavailable: nothing is spent, the circuit is as before, and there is a pause', async () => {
    using stage = stageOf('unavailable', { limits: { budgets: [{ attempts: 1, per: 1_800_000 }] } });
    answers(stage, 'unavailable', nothing);
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    const { status, reason, until } = stage.incident(id);
    expect({ status, reason }).toEqual({ status: 'deferred', reason: 'backoff' });
    expect((until ?? 0) - stage.clock.now()).toBeGreaterThan(4_000);
    expect(stage.attempts(id)).toMatchObject([{ outcome: 'not_called', calls: ['restart: not_called'] }]);
    expect(attemptFacts(stage.db, stage.target, 0)).toEqual([]);
    expect(targetState(stage.db, stage.target)).toMatchObject({ open: false, times: 0 });
  });

  test('not_found, and nothing comes in its place: the target is gone', async () => {
    using stage = stageOf('not-found', { speed: 20 });
    answers(stage, 'not_found', () => becomes(stage, []));
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'escalated', reason: 'target_gone' });
    expect(stage.calls).toHaveLength(1);
  });

  test('not_found, because a deploy came first: nothing is spent, and the deploy is waited for', async () => {
    using stage = stageOf('replaced-before');
    answers(stage, 'not_found', () => replace(stage));
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'deferred', reason: 'deploying' });
    expect(stage.attempts(id)).toMatchObject([{ outcome: 'not_called', calls: ['restart: gone'] }]);
    expect(attemptFacts(stage.db, stage.target, 0)).toEqual([]);
  });

  test.each([
    ['the look after it', 'replaced-after', undefined],
    ['an answer', 'replaced-in-doubt', 'in_doubt'],
  ] as const)(
    'G8: a deploy between a call and %s is proven on what came in its place',
    async (_, name, code) => {
      using stage = stageOf(name);
      const { act } = stage.platform;
      stage.platform.act = async (...call) => {
        await act(...call);
        await replace(stage);
        if (code !== undefined) throw new PlatformError(code, 'nobody answers');
      };
      const id = await stage.queue();
      await runAttempt(stage.deps, id);
      const { status, proof } = stage.incident(id);
      expect({ status, ids: proof?.ids }).toEqual({ status: 'proving', ids: ['successor'] });
      expect(stage.attempts(id)).toMatchObject([{ outcome: null, calls: ['restart: gone'] }]);
      expect(stage.calls).toHaveLength(1);
    },
  );

  test('G3: start_failed: one start in the same attempt, which is proven', async () => {
    using stage = stageOf('start-failed');
    const { act } = stage.platform;
    answers(stage, 'start_failed', async (_, id) => {
      await box.ask('POST', `/processes/${id}/stop`);
      stage.platform.act = act;
    });
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(stage.incident(id).status).toBe('proving');
    expect(stage.attempts(id)).toMatchObject([{ number: 1, calls: ['restart: stopped', 'start: done'] }]);
    expect(await stage.events()).toEqual(['start', 'stop', 'die', 'start']);
  });

  test('G3: start_failed, and the start fails too: the target is down, at once', async () => {
    using stage = stageOf('dead');
    answers(stage, 'start_failed', async (verb, id) => {
      if (verb === 'restart') await box.ask('POST', `/processes/${id}/stop`);
    });
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'escalated', reason: 'target_down' });
    expect(stage.attempts(id)).toMatchObject([
      { outcome: 'target_down', calls: ['restart: stopped', 'start: stopped'] },
    ]);
    expect(await stage.events()).toEqual(['start', 'stop', 'die']);
  });

  test.each([
    ['refused', 'target_down', { status: 'escalated', reason: 'target_down' }],
    ['unavailable', 'not_done', { status: 'deferred', reason: 'backoff' }],
  ] as const)('G4: start_failed, and the start is %s: %s, and it counts', async (code, outcome, incident) => {
    using stage = stageOf(code === 'refused' ? 'start-refused' : 'start-away');
    answers(stage, 'start_failed', async (_, id) => {
      await box.ask('POST', `/processes/${id}/stop`);
      answers(stage, code, nothing);
    });
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(stage.incident(id)).toMatchObject(incident);
    const start = code === 'refused' ? 'start: refused' : 'start: not_called';
    expect(stage.attempts(id)).toMatchObject([{ outcome, calls: ['restart: stopped', start] }]);
    expect(attemptFacts(stage.db, stage.target, 0)).toHaveLength(1);
  });

  test('G4, G8: start_failed, and a deploy comes before the start: it counts, and is proven on what came', async () => {
    using stage = stageOf('start-replaced');
    answers(stage, 'start_failed', async (_, id) => {
      await box.ask('POST', `/processes/${id}/stop`);
      answers(stage, 'not_found', () => replace(stage));
    });
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    const { status, proof } = stage.incident(id);
    expect({ status, ids: proof?.ids }).toEqual({ status: 'proving', ids: ['successor'] });
    expect(stage.attempts(id)).toMatchObject([{ outcome: null, calls: ['restart: stopped', 'start: gone'] }]);
    expect(attemptFacts(stage.db, stage.target, 0)).toHaveLength(1);
  });

  test('done, and then somebody stopped it: it is not started again', async () => {
    using stage = stageOf('stopped-by-hand');
    const { act, inspect } = stage.platform;
    stage.platform.act = async (verb, id, grace, atMost) => {
      await act(verb, id, grace, atMost);
      await box.ask('POST', `/processes/${id}/stop`);
    };
    stage.platform.inspect = async (id) => {
      const target = await inspect(id);
      const atRest = (instance: Instance) => (instance.running ? null : 'was stopped');
      return { ...target, instances: target.instances.map((one) => ({ ...one, atRest: atRest(one) })) };
    };
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'escalated', reason: 'target_down' });
    expect(stage.attempts(id)).toMatchObject([{ outcome: 'target_down', calls: ['restart: stopped'] }]);
    expect(await stage.events()).toEqual(['start', 'stop', 'die', 'start', 'stop', 'die']);
  });

  test('G2: done, and then the platform is away: it was called, whatever is known of it', async () => {
    using stage = stageOf('after');
    const { act, inspect } = stage.platform;
    stage.platform.act = async (...call) => {
      await act(...call);
      let away = 2;
      stage.platform.inspect = async (target) => {
        if (away-- > 0) throw new PlatformError('unavailable', 'nobody listens');
        return inspect(target);
      };
    };
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(stage.attempts(id)).toMatchObject([{ outcome: null, calls: ['restart: done'] }]);
    expect(stage.incident(id).status).toBe('proving');
    expect(stage.calls).toHaveLength(1);
  });
});

describe('G3: a call in doubt', { concurrent: true }, () => {
  test.each(['timed_out', 'in_doubt'] as const)('%s, changed and running: it is proven', async (code) => {
    using stage = stageOf(code === 'in_doubt' ? 'changed' : 'late');
    answers(stage, code);
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(stage.incident(id).status).toBe('proving');
    expect(stage.attempts(id)).toMatchObject([{ number: 1, outcome: null, calls: ['restart: done'] }]);
    expect(await stage.events()).toEqual(['start', 'stop', 'die', 'start']);
  });

  test('changed and stopped for 2 s: one start in the same attempt', async () => {
    using stage = stageOf('stopped');
    const { act } = stage.platform;
    answers(stage, 'in_doubt', async (_, id) => {
      await box.ask('POST', `/processes/${id}/stop`);
      stage.platform.act = act;
    });
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(stage.attempts(id)).toMatchObject([{ number: 1, calls: ['restart: stopped', 'start: done'] }]);
    expect(await stage.events()).toEqual(['start', 'stop', 'die', 'start']);
    const [restart, start] = stage.calls;
    expect((start?.at ?? 0) - (restart?.at ?? 0)).toBeGreaterThan(2_000);
  });

  test('unchanged until the lock ends: not done, and the retry has the next number', async () => {
    using stage = stageOf('unchanged', { speed: 20 });
    const { act } = stage.platform;
    answers(stage, 'in_doubt', nothing);
    const id = await stage.queue();
    const began = stage.clock.monotonic();
    await runAttempt(stage.deps, id);
    expect(stage.clock.monotonic() - began).toBeGreaterThan(16_000);
    expect(stage.incident(id)).toMatchObject({ status: 'deferred', reason: 'backoff' });
    expect(attemptFacts(stage.db, stage.target, 0)).toHaveLength(1);

    stage.platform.act = act;
    stage.clock.advance(5_000);
    await consider(stage.deps, id);
    await runAttempt(stage.deps, id);
    expect(stage.attempts(id)).toMatchObject([
      { number: 1, outcome: 'not_done', calls: ['restart: not_done'] },
      { number: 2, outcome: null, calls: ['restart: done'] },
    ]);
    expect(await stage.events()).toEqual(['start', 'stop', 'die', 'start']);
  });

  test('unknown to the end: lost, and a person has it', async () => {
    using stage = stageOf('unknown', { speed: 20 });
    answers(stage, 'in_doubt', () => {
      stage.platform.inspect = async () => {
        throw new PlatformError('unavailable', 'nobody listens');
      };
    });
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'escalated', reason: 'lost' });
    expect(stage.attempts(id)).toMatchObject([{ outcome: 'lost', calls: ['restart: lost'] }]);
    expect(stage.calls).toHaveLength(1);
  });

  test('not running before and after: it is started, once', async () => {
    using stage = stageOf('was-down', { speed: 20 });
    const { act } = stage.platform;
    const before = await box.process('was-down');
    await box.ask('POST', `/processes/${before.id}/stop`);
    answers(stage, 'in_doubt', () => {
      stage.platform.act = act;
    });
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(stage.attempts(id)).toMatchObject([{ calls: ['restart: stopped', 'start: done'] }]);
    expect(await stage.events()).toEqual(['start', 'stop', 'die', 'start']);
  });
});
