// Long because a roll is asked anew before each instance, by every guard. The log, the supervisor and its process are real; the second instance of the service is made up, as the supervisor
// has one instance a process.
import { afterAll, describe, expect, test } from 'vitest';
import { PlatformError } from '../domain/platform.ts';
import type { Instance, Target } from '../domain/target.ts';
import { addPause } from '../store/controls.ts';
import { write } from '../store/db.ts';
import { beginStorm, openStorm } from '../store/storms.ts';
import { anIncident } from '../testing/log.ts';
import type { Stage, StageOptions } from '../testing/stage.ts';
import { bootStages } from '../testing/stages.ts';
import { runAttempt } from './attempt.ts';
import { recoverAttempt } from './recover.ts';

const NAMES = [
  ...['rolls', 'paused', 'silenced', 'sick', 'one-sick', 'recovers', 'last', 'last-in-roll', 'crash-sick'],
  ...['cured', 'needs-another', 'not-done', 'stormy'],
  ...['crash-all', 'stopped-by-hand', 'deployed', 'stricter', 'other-paused', 'nobody', 'jumped'],
];

const { end, stageOf } = await bootStages(NAMES);
afterAll(end);

/** A service of two instances, and what happens while the first one is restarted. */
function rolling(name: string, meanwhile: (stage: Stage) => unknown) {
  const stage = stageOf(name);
  const { find, inspect } = stage.platform;
  let sick = false;
  const two = (target: Target): Target => {
    const [first] = target.instances;
    if (first === undefined) return target;
    const seen = sick ? { ...first, health: 'unhealthy' as const } : first;
    return { ...target, instances: [seen, { ...first, id: 'second', name: `${name}-2` }] };
  };
  stage.platform.find = async (service) => (await find(service)).map(two);
  stage.platform.inspect = async (id) => two(await inspect(id));
  const called: string[] = [];
  stage.platform.act = async (verb, id) => {
    called.push(`${verb} ${id === 'second' ? 'second' : 'first'}`);
    if (called.length === 1) await meanwhile(stage);
  };
  const makeSick = () => {
    sick = true;
  };
  return { stage, called, makeSick };
}

describe('several instances', { concurrent: true }, () => {
  test('are restarted one after the other, and proven together', async () => {
    const { stage, called } = rolling('rolls', () => undefined);
    using _ = stage;
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(called).toEqual(['restart first', 'restart second']);
    expect(stage.incident(id).status).toBe('proving');
  });

  test('G13: a pause between two of them leaves the rest alone; what was called is proven', async () => {
    const { stage, called } = rolling('paused', ({ db, clock }) =>
      write(db, () => addPause(db, { by: 'me', why: 'hands off' }, null, clock.now())),
    );
    using _ = stage;
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(called).toEqual(['restart first']);
    expect(stage.incident(id).status).toBe('proving');
  });

  test('G13: so does a silence', async () => {
    const { stage, called } = rolling('silenced', (held) => {
      held.scene.listed = () => [{ labels: held.labels, state: 'silenced' }];
    });
    using _ = stage;
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(called).toEqual(['restart first']);
    expect(stage.incident(id).status).toBe('proving');
  });

  test('G5: one that does not come back well ends it', async () => {
    const { stage, called, makeSick } = rolling('sick', () => makeSick());
    using _ = stage;
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(called).toEqual(['restart first']);
    expect(stage.incident(id).status).toBe('escalated');
  });
});

type States = Record<string, Partial<Instance>>;
const well: Partial<Instance> = { running: true, health: 'healthy' };
const unhealthy: Partial<Instance> = { running: true, health: 'unhealthy' };
const starting: Partial<Instance> = { running: true, health: 'starting' };

/** A service whose instances are as `states` says; a restart makes one well. */
function service(name: string, states: States, options: StageOptions = {}) {
  const stage = stageOf(name, options);
  const { inspect } = stage.platform;
  const called: string[] = [];
  const target = async (): Promise<Target> => {
    const real = await inspect(stage.target);
    const [first] = real.instances;
    if (first === undefined) throw new Error('no instance');
    const instances = Object.entries(states).map(([id, state]) => ({ ...first, id, name: id, ...state }));
    return { ...real, instances };
  };
  stage.platform.find = async () => [await target()];
  stage.platform.inspect = target;
  stage.platform.act = async (verb, id) => {
    called.push(`${verb} ${id}`);
    states[id] = { ...well, startedAt: stage.clock.now() };
  };
  return { stage, states, called, target };
}

/** The process dies in the middle of a roll: right after its first call was answered. */
async function crashAfterFirst({ stage, target }: ReturnType<typeof service>, id: number): Promise<void> {
  let answered = 0;
  const { act } = stage.platform;
  stage.platform.act = async (...call) => {
    await act(...call);
    // The look right after the call still gets an answer.
    stage.platform.inspect = async () => {
      answered += 1;
      if (answered > 1) throw new Error('the process dies');
      return target();
    };
  };
  await expect(runAttempt(stage.deps, id)).rejects.toThrow('the process dies');
  expect(stage.incident(id).status).toBe('acting');
  Object.assign(stage.platform, { act, inspect: target });
}

describe('G5: which of several', { concurrent: true }, () => {
  test('one sick of three: only that one', async () => {
    const { stage, called } = service('one-sick', { a: well, b: unhealthy, c: well });
    using _ = stage;
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(called).toEqual(['restart b']);
    expect(stage.incident(id)).toMatchObject({ status: 'proving' });
  });

  test('two sick of three, and the second gets well meanwhile: it is left alone, and so is the well one', async () => {
    const { stage, called, states } = service('recovers', { a: unhealthy, b: unhealthy, c: well });
    using _ = stage;
    const { act } = stage.platform;
    stage.platform.act = async (...call) => {
      await act(...call);
      states['b'] = well;
    };
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(called).toEqual(['restart a']);
    expect(stage.incident(id).status).toBe('proving');
  });

  test('never the last healthy one: it waits, and goes on once another one is well', async () => {
    const { stage, called, states } = service('last', { a: well, b: starting });
    using _ = stage;
    const id = await stage.queue();
    expect(stage.incident(id)).toMatchObject({ status: 'deferred', reason: 'last_healthy_replica' });
    expect(called).toEqual([]);
    states['b'] = well;
    await stage.consider(id);
    await runAttempt(stage.deps, id);
    expect(called).toEqual(['restart a', 'restart b']);
  });

  test('nor in the middle of a roll, where the first one falls ill again', async () => {
    const { stage, called, states, target } = service('last-in-roll', { a: well, b: well });
    using _ = stage;
    stage.platform.find = async () => {
      if (called.length > 0) states['a'] = { ...states['a'], ...unhealthy };
      return [await target()];
    };
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(called).toEqual(['restart a']);
    expect(stage.incident(id).status).toBe('proving');
  });

  test('what somebody stopped meanwhile stays so, and what somebody replaced is left alone', async () => {
    for (const [name, change] of [
      ['stopped-by-hand', { running: false, atRest: 'was stopped' }],
      ['deployed', { ...well, startedAt: Number.MAX_SAFE_INTEGER }],
    ] as const) {
      const { stage, called, states } = service(name, { a: well, b: well, c: well });
      using _ = stage;
      const { act } = stage.platform;
      stage.platform.act = async (...call) => {
        await act(...call);
        states['b'] = change;
      };
      const id = await stage.queue();
      await runAttempt(stage.deps, id);
      expect(called).toEqual(['restart a', 'restart c']);
    }
  });

  test('none is left when it comes to the call: the target is gone', async () => {
    const { stage, called, target } = service('nobody', { a: well, b: well }, { speed: 20 });
    using _ = stage;
    const id = await stage.queue();
    let asked = 0;
    stage.platform.inspect = async () => ({ ...(await target()), instances: [] });
    stage.platform.find = async (name) => {
      asked += 1;
      return [asked < 2 ? await target() : await stage.platform.inspect(name)];
    };
    await runAttempt(stage.deps, id);
    expect(called).toEqual([]);
    expect(stage.incident(id)).toMatchObject({ status: 'escalated', reason: 'target_gone' });
  });
});

describe('G7: between two of them', { concurrent: true }, () => {
  /** What happens while the first of two is restarted. @returns what was called */
  async function meanwhile(name: string, change: (rolled: ReturnType<typeof service>) => unknown) {
    const rolled = service(name, { a: well, b: well });
    using stage = rolled.stage;
    const { act } = stage.platform;
    stage.platform.act = async (...call) => {
      await act(...call);
      await change(rolled);
    };
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    return { called: rolled.called, status: stage.incident(id).status, attempts: stage.attempts(id) };
  }

  test('the end of the alert leaves the rest alone: the first one was the cure', async () => {
    const { called, status } = await meanwhile('cured', ({ stage }) => {
      stage.scene.listed = () => [];
    });
    expect({ called, status }).toEqual({ called: ['restart a'], status: 'proving' });
  });

  test('so does a dependency that falls ill', async () => {
    const { called, status } = await meanwhile('needs-another', ({ stage, target }) => {
      const dependsOn = [{ id: 'supervisor:nowhere', condition: 'started' as const }];
      stage.platform.find = async () => [{ ...(await target()), dependsOn }];
    });
    expect({ called, status }).toEqual({ called: ['restart a'], status: 'proving' });
  });

  test('G6: so does a storm that begins', async () => {
    const { called, status } = await meanwhile('stormy', ({ stage: { db, clock } }) => {
      if (openStorm(db) !== undefined) return;
      const own = anIncident(db, { target: null, service: null, playbook: null }, clock.now());
      beginStorm(db, own.id, clock.now());
    });
    expect({ called, status }).toEqual({ called: ['restart a'], status: 'proving' });
  });

  test('a second one that turns out not to be done: the first one is proven', async () => {
    const { called, status, attempts } = await meanwhile('not-done', ({ stage, called: calls }) => {
      stage.platform.act = async (verb, id) => {
        calls.push(`${verb} ${id}`);
        stage.clock.advance(60_000);
        throw new PlatformError('timed_out', 'nobody answers');
      };
    });
    expect(called).toEqual(['restart a', 'restart b']);
    expect(attempts).toMatchObject([{ outcome: null, calls: ['restart: done', 'restart: not_done'] }]);
    expect(status).toBe('proving');
  });
});

describe('G13: between two of them', { concurrent: true }, () => {
  test('a stricter mode leaves the rest alone', async () => {
    const rolled = service('stricter', { a: well, b: well });
    using stage = rolled.stage;
    const { act } = stage.platform;
    stage.platform.act = async (...call) => {
      await act(...call);
      stage.file.playbooks = stage.file.playbooks.map((one) => ({ ...one, mode: 'observe' }));
    };
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(rolled.called).toEqual(['restart a']);
    expect(stage.incident(id).status).toBe('proving');
  });

  test('clock_jump: a jump of the clock leaves the rest alone', async () => {
    const rolled = service('jumped', { a: well, b: well });
    using stage = rolled.stage;
    const { act } = stage.platform;
    stage.platform.act = async (...call) => {
      await act(...call);
      const until = stage.clock.now() + 60_000;
      stage.deps.clockJump = () => ({ by: 3_600_000, until });
    };
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(rolled.called).toEqual(['restart a']);
    expect(stage.incident(id).status).toBe('proving');
  });

  test('a pause of another target changes nothing', async () => {
    const rolled = service('other-paused', { a: well, b: well });
    using stage = rolled.stage;
    const { act } = stage.platform;
    stage.platform.act = async (...call) => {
      await act(...call);
      await write(stage.db, () =>
        addPause(stage.db, { by: 'me', why: 'deploy' }, null, stage.clock.now(), 'target:supervisor:other'),
      );
    };
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(rolled.called).toEqual(['restart a', 'restart b']);
  });
});

describe('G2: a crash in the middle of a roll keeps the choice', { concurrent: true }, () => {
  test('for the sick ones: the next sick one, and never a well one', async () => {
    const rolled = service('crash-sick', { a: unhealthy, b: unhealthy, c: well });
    using stage = rolled.stage;
    const id = await stage.queue();
    await crashAfterFirst(rolled, id);
    await recoverAttempt(stage.next().deps, id);
    expect(rolled.called).toEqual(['restart a', 'restart b']);
    expect(stage.incident(id).status).toBe('proving');
  });

  test('for all: the ones that were not called yet, each once', async () => {
    const rolled = service('crash-all', { a: well, b: well, c: well });
    using stage = rolled.stage;
    const id = await stage.queue();
    await crashAfterFirst(rolled, id);
    await recoverAttempt(stage.next().deps, id);
    expect(rolled.called).toEqual(['restart a', 'restart b', 'restart c']);
  });
});
