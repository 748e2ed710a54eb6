// The log, the supervisor and its process are real; the second instance of the service is made up, as the supervisor
// has one instance a process.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootSupervisor } from '../../../supervisor/src/harness.ts';
import type { Target } from '../domain/target.ts';
import { addPause } from '../store/controls.ts';
import { write } from '../store/db.ts';
import { startSignals } from '../testing/signals.ts';
import { createStage } from '../testing/stage.ts';
import { runAttempt } from './attempt.ts';

const NAMES = ['rolls', 'paused', 'silenced', 'sick'];

let box: Awaited<ReturnType<typeof bootSupervisor>>;
let signals: Awaited<ReturnType<typeof startSignals>>;
beforeAll(async () => {
  const process = `{ command: [sleep, '100000'], labels: { alert-bot.enable: 'true' } }`;
  box = await bootSupervisor(['processes:', ...NAMES.map((name) => `  ${name}: ${process}`)].join('\n'));
  signals = await startSignals();
});
afterAll(async () => {
  await signals[Symbol.asyncDispose]();
  await box[Symbol.asyncDispose]();
});

/** A service of two instances, and what happens while the first one is restarted. */
function rolling(name: string, meanwhile: (stage: ReturnType<typeof createStage>) => unknown) {
  const stage = createStage(box, signals.scene, name);
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
