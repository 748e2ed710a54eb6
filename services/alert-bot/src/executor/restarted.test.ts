// The log, the supervisor and its processes are real; a person restarts one by the supervisor's own socket.
import { afterAll, describe, expect, test } from 'vitest';
import { addPause, endPauses } from '../store/controls.ts';
import { write } from '../store/db.ts';
import type { Stage } from '../testing/stage.ts';
import { bootStages } from '../testing/stages.ts';
import { runAttempt } from './attempt.ts';
import { seekProof } from './prove.ts';

const NAMES = ['deferred', 'queued', 'evidence', 'cured', 'stopped', 'before'];

const { box, end, stageOf: bareStageOf } = await bootStages(NAMES);
afterAll(end);

/** A bot whose alert goes on firing, whoever restarts what. */
function stageOf(name: string): Stage {
  const stage = bareStageOf(name);
  stage.firing = async () => true;
  return stage;
}

/** Somebody restarts the process by hand. */
async function byHand(name: string, verb = 'restart'): Promise<void> {
  const { id } = await box.process(name);
  await box.ask('POST', `/processes/${id}/${verb}`);
}

const waits = (stage: Stage, id: number) => {
  const { status, reason, until } = stage.incident(id);
  return { status, reason, ends: until !== null && until > stage.clock.now() };
};
const ALREADY = { status: 'deferred', reason: 'already_restarted', ends: true };

describe('somebody restarts the target', { concurrent: true }, () => {
  test('while the incident waits: the bot leaves it, and acts once its alert had the time to let go', async () => {
    using stage = stageOf('deferred');
    const { db, clock } = stage;
    await write(db, () => addPause(db, { by: 'me', why: 'I look' }, null, clock.now()));
    const id = await stage.queue();
    expect(stage.incident(id).reason).toBe('paused');
    await byHand('deferred');
    await write(db, () => endPauses(db, clock.now()));
    await stage.consider(id);
    expect(waits(stage, id)).toEqual(ALREADY);
    clock.advance((stage.incident(id).until ?? 0) - clock.now());
    await stage.consider(id);
    expect(stage.incident(id)).toMatchObject({ status: 'queued', reason: 'first_attempt' });
    await runAttempt(stage.deps, id);
    expect(stage.calls).toHaveLength(1);
  });

  test('while it is queued: it is not reserved', async () => {
    using stage = stageOf('queued');
    const id = await stage.queue();
    expect(stage.incident(id).status).toBe('queued');
    await byHand('queued');
    await runAttempt(stage.deps, id);
    expect(waits(stage, id)).toEqual(ALREADY);
    expect(stage.attempts(id)).toEqual([]);
  });

  test('while evidence is captured: it is not called, and nothing is spent', async () => {
    using stage = stageOf('evidence');
    const { logs } = stage.platform;
    stage.deps.platform.logs = async (...of) => {
      await byHand('evidence');
      return logs(...of);
    };
    const id = await stage.queue();
    await runAttempt(stage.deps, id);
    expect(waits(stage, id)).toEqual(ALREADY);
    expect(stage.attempts(id)).toMatchObject([{ outcome: 'not_called', calls: [] }]);
    expect(stage.calls).toEqual([]);
    expect(await stage.events()).toEqual(['start', 'stop', 'die', 'start']);
  });

  test('and that was the cure: recovered, without us', async () => {
    using stage = stageOf('cured');
    const id = await stage.queue();
    await byHand('cured');
    await runAttempt(stage.deps, id);
    expect(stage.incident(id).reason).toBe('already_restarted');
    stage.firing = async () => false;
    await stage.resolve();
    await stage.consider(id);
    await seekProof(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'closed', outcome: 'recovered' });
    expect(stage.calls).toEqual([]);
  });

  test('before the trouble began: that is no reason to wait', async () => {
    using stage = stageOf('before');
    await byHand('before');
    stage.clock.advance(10_000);
    const id = await stage.queue();
    expect(stage.incident(id).status).toBe('queued');
  });
});
