// The log, the supervisor and its processes are real; Alertmanager and Prometheus are small HTTP servers.
import { afterAll, describe, expect, test } from 'vitest';
import type { Deps } from '../deps.ts';
import { PlatformError } from '../domain/platform.ts';
import { consider } from '../engine/consider.ts';
import { write } from '../store/db.ts';
import { episodesOf } from '../store/episodes.ts';
import { carryWaits } from '../store/waits.ts';
import type { Stage } from '../testing/stage.ts';
import { bootStages } from '../testing/stages.ts';
import { runAttempt } from './attempt.ts';
import { seekProof } from './prove.ts';
import { recoverAttempt } from './recover.ts';

const NAMES = [
  ...['well', 'down', 'unwell', 'again', 'again-late', 'joined', 'no-signals', 'bad', 'resumed', 'away'],
  ...['set-back', 'in-doubt'],
  ...['platform-away', 'gone', 'left', 'leapt'],
];

const { box, end, stageOf } = await bootStages(NAMES);
afterAll(end);

/** The alert came and went before anything was done. @returns the incident, which is being proven */
async function goneByItself(stage: Stage): Promise<number> {
  stage.firing = async () => false;
  const id = await stage.fire();
  await stage.resolve();
  await consider(stage.deps, id);
  expect(stage.incident(id)).toMatchObject({ status: 'proving' });
  return id;
}

/** The alert came, and the target was restarted. @returns the incident, which is being proven */
async function restarted(stage: Stage): Promise<number> {
  const id = await stage.queue();
  await runAttempt(stage.deps, id);
  expect(stage.incident(id)).toMatchObject({ status: 'proving' });
  return id;
}

/** Something happens once while Prometheus is asked for its rules the n-th time from now. */
function atLook(stage: Stage, n: number, happens: () => unknown): void {
  let asked = 0;
  stage.scene.before = async (what) => {
    if (what !== 'rules') return;
    asked += 1;
    if (asked === n) await happens();
  };
}

const HOUR = 3_600_000;
const ACTED = { verb: 'restart' };

describe('G8: gone by itself', { concurrent: true }, () => {
  test('and well: recovered, nothing was done', async () => {
    using stage = stageOf('well');
    const id = await goneByItself(stage);
    await seekProof(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'closed', outcome: 'recovered' });
    expect(stage.calls).toEqual([]);
  });

  test('because the target is down: a person has it', async () => {
    using stage = stageOf('down', { prove: { within: 1_000 } });
    const { id: process } = await box.process('down');
    await box.ask('POST', `/processes/${process}/stop`);
    const id = await goneByItself(stage);
    await seekProof(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'escalated', reason: 'target_down' });
    expect(stage.calls).toEqual([]);
  });

  test('yet unhealthy: not healed', async () => {
    using stage = stageOf('unwell', { prove: { within: 1_000 } });
    const { instances } = await stage.supervisor.inspect(stage.target);
    stage.platform.inspect = () =>
      stage.targetWith({ instances: instances.map((one) => ({ ...one, health: 'unhealthy' })) });
    const id = await goneByItself(stage);
    await seekProof(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'escalated', reason: 'not_healed' });
  });

  test('and it fires again while proof is sought: decided anew', async () => {
    using stage = stageOf('again');
    const id = await goneByItself(stage);
    stage.firing = async () => true;
    expect(await stage.fire()).toBe(id);
    await seekProof(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'queued', reason: 'first_attempt' });
  });

  test('and it fires again during the very last look: not recovered', async () => {
    using stage = stageOf('again-late');
    const id = await goneByItself(stage);
    atLook(stage, 3, async () => {
      stage.scene.listed = () => [{ labels: stage.labels }];
      await stage.fire();
    });
    await seekProof(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'queued', outcome: null });
    expect(episodesOf(stage.db, id).map(({ closedBy }) => closedBy)).toEqual(['resolved', null]);
  });

  test('while the platform cannot be asked: no verdict on what was not seen', async () => {
    using stage = stageOf('platform-away');
    const { inspect } = stage.platform;
    stage.platform.inspect = async () => {
      throw new PlatformError('unavailable', 'nobody listens');
    };
    const id = await goneByItself(stage);
    atLook(stage, 1, () => {
      stage.platform.inspect = inspect;
    });
    await seekProof(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'closed', outcome: 'recovered' });
  });
});

describe('G8: where the wall clock was set back', { concurrent: true }, () => {
  /** Log time is five minutes ahead of what the platform and Prometheus say. */
  const setBack = ({ deps, clock }: Stage, changes: Partial<Deps> = {}): Deps =>
    Object.assign(deps, {
      now: () => clock.now() + BEHIND,
      behind: () => BEHIND,
      newFrom: clock.now,
      ...changes,
    });
  const BEHIND = 300_000;

  test('an alert that went away by itself is proven all the same', async () => {
    using stage = stageOf('set-back');
    setBack(stage);
    const id = await goneByItself(stage);
    await seekProof(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'closed', outcome: 'recovered' });
  });

  test('what Prometheus scraped before that, with times to come, proves nothing; there is as much more time', async () => {
    using stage = stageOf('in-doubt');
    const newFrom = stage.clock.now() + 240_000;
    setBack(stage, { newFrom: () => newFrom });
    const id = await goneByItself(stage);
    const { proof } = stage.incident(id);
    expect(proof?.since).toBe(newFrom);
    expect((proof?.deadline ?? 0) - stage.deps.now()).toBeGreaterThan(30_000 + 230_000);
  });
});

describe('G8: after a restart', { concurrent: true }, () => {
  test('an alert that joins during the very last look is not proven with the others', async () => {
    using stage = stageOf('joined', { prove: { within: 3_000 } });
    const id = await restarted(stage);
    const labels = { alertname: 'Other', service: 'joined' };
    atLook(stage, 3, async () => {
      await stage.fire({ fingerprint: '00000000000000aa', labels });
      stage.scene.rules = () => [
        { name: 'Broken', query: 'broken == 1', alerts: [] },
        { name: 'Other', query: 'other == 1', alerts: [labels] },
      ];
    });
    await seekProof(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'escalated', reason: 'unproven' });
  });

  test('Prometheus away proves nothing, and is no reason for a second restart', async () => {
    using stage = stageOf('no-signals', { speed: 20, prove: { within: 20_000 } });
    const id = await restarted(stage);
    stage.scene.before = (what) => {
      if (what === 'rules' || what === 'query') throw new Error('away');
    };
    await seekProof(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'escalated', reason: 'unproven' });
    expect(stage.calls).toMatchObject([ACTED]);
  });

  test('a query that is bad: did not help, then a retry after the pause', async () => {
    using stage = stageOf('bad', { prove: { query: { query: 'still_broken', above: 0 } } });
    stage.firing = async () => true;
    stage.scene.answer = () => 0.5;
    const id = await restarted(stage);
    await seekProof(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'deferred', reason: 'backoff' });
    expect(stage.attempts(id)).toMatchObject([{ outcome: 'did_not_help' }]);
    stage.clock.advance(1_000);
    await consider(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'queued', reason: 'retry' });
  });

  test('clock_jump: a leap in the middle of a look takes nothing from the time for a proof, nor from `stable`', async () => {
    using stage = stageOf('leapt', { prove: { stable: 1_500 } });
    const id = await restarted(stage);
    const began = stage.clock.monotonic();
    atLook(stage, 3, async () => {
      await write(stage.db, () => carryWaits(stage.db, HOUR));
      stage.clock.advance(HOUR);
    });
    await seekProof(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'closed', outcome: 'healed' });
    expect(stage.clock.monotonic() - began - HOUR).toBeGreaterThan(3_000);
  });

  test('a proof goes on where the last process left it', async () => {
    using stage = stageOf('resumed', { prove: { stable: 1_200 } });
    const id = await restarted(stage);
    atLook(stage, 3, () => stage.stopping.abort());
    await expect(seekProof(stage.deps, id)).rejects.toMatchObject({ name: 'AbortError' });
    const left = stage.incident(id).proof;
    expect(Object.values(left?.clean ?? {})).toMatchObject([{ count: 2 }]);
    await seekProof(stage.next().deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'closed', outcome: 'healed' });
    expect(stage.calls).toMatchObject([ACTED]);
  });
});

describe('G3: what a crash left after the answer to a call', { concurrent: true }, () => {
  /** Called and answered; the process died before it went on. */
  async function answered(stage: Stage): Promise<number> {
    const id = await stage.queue();
    stage.scene.before = (what) => {
      if (what === 'rules') {
        stage.stopping.abort();
        throw new Error('died');
      }
    };
    await runAttempt({ ...stage.deps, events: { ...stage.deps.events, called: died } }, id).catch(() => 0);
    stage.scene.before = () => undefined;
    expect(stage.incident(id).status).toBe('acting');
    return id;
  }
  const died = (): never => {
    throw new Error('died');
  };

  test('it is looked at and proven, not called again', async () => {
    using stage = stageOf('left');
    const id = await answered(stage);
    await recoverAttempt(stage.deps, id);
    expect(stage.incident(id).status).toBe('proving');
    expect(stage.attempts(id)).toMatchObject([{ calls: ['restart: done'] }]);
    expect(stage.calls).toMatchObject([ACTED]);
  });

  test('the platform is away for a moment: no defect of the bot, it is proven', async () => {
    using stage = stageOf('away');
    const id = await answered(stage);
    const { inspect } = stage.platform;
    let looks = 0;
    stage.platform.inspect = async (target) => {
      looks += 1;
      // The first look settles the doubt; then nobody listens for a while.
      if (looks === 2 || looks === 3) throw new PlatformError('unavailable', 'nobody listens');
      return inspect(target);
    };
    await recoverAttempt(stage.deps, id);
    expect(stage.incident(id).status).toBe('proving');
    expect(stage.calls).toMatchObject([ACTED]);
  });

  test('the target is gone meanwhile: a person has it', async () => {
    using stage = stageOf('gone', { speed: 20 });
    const id = await answered(stage);
    stage.platform.inspect = async () => {
      throw new PlatformError('not_found', 'there is no such target');
    };
    await recoverAttempt(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'escalated', reason: 'target_gone' });
  });
});
