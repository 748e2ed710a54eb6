// Long because a question has many ends, and each has a page. The log, the supervisor and its processes are real; Alertmanager and Prometheus are small HTTP servers.
import { afterAll, describe, expect, test } from 'vitest';
import { PlatformError } from '../domain/platform.ts';
import { consider } from '../engine/consider.ts';
import { runAttempt } from '../executor/attempt.ts';
import { seekProof } from '../executor/prove.ts';
import { approvalsOf, endApproval } from '../store/approvals.ts';
import { addPause, endPauses } from '../store/controls.ts';
import { write } from '../store/db.ts';
import { lastDecision } from '../store/decisions.ts';
import { escalationsOf } from '../store/escalations.ts';
import { eventsOf } from '../store/events.ts';
import { changeStatus } from '../store/incidents.ts';
import { resetTarget, targetState } from '../store/targets.ts';
import type { Stage, StageOptions } from '../testing/stage.ts';
import { bootStages } from '../testing/stages.ts';
import { endQuestion, openQuestion } from './approval.ts';

const NAMES = [
  ...[
    'asked',
    'approved',
    'replaced',
    'meanwhile',
    'unused',
    'used',
    'expired',
    'paused',
    'held',
    'resolved',
  ],
  ...['episode', 'reset', 'mode', 'rejected', 'trial', 'deadline'],
];
const MINUTE = 60_000;

const { box, end, stageOf: bareStageOf } = await bootStages(NAMES);
afterAll(end);

/** A bot whose only playbook asks before it acts. */
function stageOf(service: string, options?: StageOptions): Stage {
  const stage = bareStageOf(service, options);
  for (const playbook of stage.file.playbooks) Object.assign(playbook, { mode: 'approve' });
  return stage;
}

const status = (stage: Stage, id: number) => {
  const { status: is, reason } = stage.incident(id);
  return `${is} ${reason}`;
};
const told = (stage: Stage, id: number) =>
  escalationsOf(stage.db, id).map(({ reason, endedAt }) => `${reason}${endedAt === null ? '' : ' ended'}`);
const answers = (stage: Stage, id: number) => approvalsOf(stage.db, id).map(({ answer }) => answer);

/** A person says yes, as the API writes it. */
async function approve(stage: Stage, id: number): Promise<void> {
  const question = openQuestion(stage.db, id);
  if (question === null) throw new Error('nothing is asked');
  await write(stage.db, () =>
    endQuestion(stage.db, question, 'approved', { by: 'ada', why: 'go on' }, stage.clock.now()),
  );
}

/** Whatever else happened: the instance now runs since another time, for this bot. */
function restarted(stage: Stage, later = 1): void {
  const { find } = stage.supervisor;
  stage.platform.find = async (name) =>
    (await find(name)).map((target) => ({
      ...target,
      instances: target.instances.map((one) => ({ ...one, startedAt: (one.startedAt ?? 0) - later })),
    }));
}

describe('mode approve', { concurrent: true }, () => {
  test('G13: a person is asked what may be done, bound to what runs, and nothing is done', async () => {
    using stage = stageOf('asked');
    const id = await stage.queue();
    expect(status(stage, id)).toBe('awaiting_approval approval_required');
    const [instance] = (await stage.deps.platform.inspect(stage.target)).instances;
    const [question] = approvalsOf(stage.db, id);
    expect(question).toMatchObject({
      step: 0,
      instances: [{ id: instance?.id, startedAt: instance?.startedAt }],
      answer: null,
      expiresAt: (question?.askedAt ?? 0) + 30 * MINUTE,
    });
    expect(stage.incident(id).until).toBe(question?.expiresAt);
    expect(escalationsOf(stage.db, id)).toMatchObject([
      {
        labels: {
          alertname: 'RemediationApprovalRequired',
          origin: 'alert-bot',
          severity: 'warning',
          incident: String(id),
          question: String(question?.id),
          service: 'asked',
          target: stage.target,
        },
        annotations: {
          summary: `${stage.target}: may the bot restart asked?`,
          description: expect.stringContaining(`alert-bot approve ${id} --question ${question?.id}`),
        },
        endedAt: null,
      },
    ]);
    // Looked at again, it is the same question.
    await consider(stage.deps, id);
    expect(approvalsOf(stage.db, id)).toHaveLength(1);
    expect(lastDecision(stage.db, id)?.count).toBe(2);
    expect(stage.calls).toEqual([]);
  });

  test('G13: once approved it is called, once, and the page for it ends', async () => {
    using stage = stageOf('approved');
    const id = await stage.queue();
    await approve(stage, id);
    expect(told(stage, id)).toEqual(['approval_required ended']);
    await consider(stage.deps, id);
    expect(status(stage, id)).toBe('queued approved');
    await runAttempt(stage.deps, id);
    expect(stage.calls).toMatchObject([{ verb: 'restart' }]);
    expect(stage.attempts(id)).toMatchObject([{ reason: 'approved', calls: ['restart: done'] }]);
    expect(stage.incident(id).status).toBe('proving');
  });

  test('G13: replaced between the approval and the reservation: not called, and asked anew', async () => {
    using stage = stageOf('replaced');
    const id = await stage.queue();
    await approve(stage, id);
    await consider(stage.deps, id);
    restarted(stage);
    await runAttempt(stage.deps, id);
    expect(stage.calls).toEqual([]);
    expect(stage.attempts(id)).toEqual([]);
    expect(status(stage, id)).toBe('awaiting_approval approval_required');
    expect(answers(stage, id)).toEqual(['approved', null]);
  });

  test('G13: replaced while evidence was captured: not called, and asked anew', async () => {
    using stage = stageOf('meanwhile');
    const id = await stage.queue();
    await approve(stage, id);
    await consider(stage.deps, id);
    const { logs } = stage.platform;
    stage.platform.logs = (...of) => {
      restarted(stage);
      return logs(...of);
    };
    await runAttempt(stage.deps, id);
    expect(stage.calls).toEqual([]);
    expect(stage.attempts(id)).toMatchObject([{ outcome: 'not_called' }]);
    stage.clock.advance(10_000);
    await consider(stage.deps, id);
    expect(status(stage, id)).toBe('awaiting_approval approval_required');
    expect(answers(stage, id)).toEqual(['approved', null]);
  });

  test('G13: another guard blocks after the approval: it still stands when that ends', async () => {
    using stage = stageOf('unused');
    const id = await stage.queue();
    await approve(stage, id);
    await write(stage.db, () => addPause(stage.db, { by: 'ann', why: 'wait' }, null, stage.clock.now()));
    await consider(stage.deps, id);
    expect(status(stage, id)).toBe('deferred paused');
    await write(stage.db, () => endPauses(stage.db, stage.clock.now()));
    await consider(stage.deps, id);
    expect(status(stage, id)).toBe('queued approved');
  });

  test('G2: an approval is for one attempt: what was not done is asked again', async () => {
    using stage = stageOf('used', { limits: { backoff: { initial: 0, factor: 1, max: 0 } } });
    const id = await stage.queue();
    await approve(stage, id);
    await consider(stage.deps, id);
    // The platform takes the call and does nothing: the very same instance still runs.
    stage.platform.act = async () => {};
    await runAttempt(stage.deps, id);
    stage.deps.db.prepare("UPDATE attempts SET ended_at = reserved_at, outcome = 'not_done'").run();
    await write(stage.db, () => {
      const incident = stage.incident(id);
      changeStatus(stage.db, incident, 'deferred', {}, stage.clock.now());
    });
    await consider(stage.deps, id);
    expect(status(stage, id)).toBe('awaiting_approval approval_required');
    expect(answers(stage, id)).toEqual(['approved', null]);
  });

  test('G13: nobody answers in time: a person has it, and the question is over', async () => {
    using stage = stageOf('expired');
    const id = await stage.queue();
    stage.clock.advance(30 * MINUTE + 1_000);
    await consider(stage.deps, id);
    expect(status(stage, id)).toBe('escalated approval_expired');
    expect(answers(stage, id)).toEqual(['expired']);
    expect(told(stage, id)).toEqual(['approval_required ended', 'approval_expired']);
    // Looked at again, nobody is asked anew: a person has it.
    await consider(stage.deps, id);
    expect(answers(stage, id)).toEqual(['expired']);
  });

  test('G13: a question that ran out while a person paused the bot is asked anew', async () => {
    using stage = stageOf('paused');
    const id = await stage.queue();
    await write(stage.db, () => addPause(stage.db, { by: 'ann', why: 'wait' }, null, stage.clock.now()));
    await consider(stage.deps, id);
    expect(answers(stage, id)).toEqual([null]);
    stage.clock.advance(30 * MINUTE + 1_000);
    await consider(stage.deps, id);
    expect(answers(stage, id)).toEqual(['withdrawn']);
    await write(stage.db, () => endPauses(stage.db, stage.clock.now()));
    await consider(stage.deps, id);
    expect(status(stage, id)).toBe('awaiting_approval approval_required');
    expect(answers(stage, id)).toEqual(['withdrawn', null]);
  });

  test('G13: asked again and again because it restarts, the question ends with the first', async () => {
    using stage = stageOf('held');
    const id = await stage.queue();
    const [first] = approvalsOf(stage.db, id);
    for (const later of [1, 2, 3]) {
      stage.clock.advance(8 * MINUTE);
      restarted(stage, later);
      await consider(stage.deps, id);
    }
    expect(answers(stage, id)).toEqual(['replaced', 'replaced', 'replaced', null]);
    expect(new Set(approvalsOf(stage.db, id).map(({ expiresAt }) => expiresAt))).toEqual(
      new Set([first?.expiresAt]),
    );
    stage.clock.advance(8 * MINUTE);
    restarted(stage, 4);
    await consider(stage.deps, id);
    expect(status(stage, id)).toBe('escalated approval_expired');
  });

  test('G7: the alert goes away: the question does too, and proof is sought', async () => {
    using stage = stageOf('resolved');
    const id = await stage.queue();
    await stage.resolve();
    await consider(stage.deps, id);
    expect(stage.incident(id).status).toBe('proving');
    expect(answers(stage, id)).toEqual(['withdrawn']);
    expect(told(stage, id)).toEqual(['approval_required ended']);
  });

  test('G13: an approval dies with the episode that it was given in', async () => {
    using stage = stageOf('episode');
    const id = await stage.queue();
    await approve(stage, id);
    await stage.resolve();
    stage.clock.advance(1_000);
    expect(await stage.fire()).toBe(id);
    await consider(stage.deps, id);
    expect(status(stage, id)).toBe('awaiting_approval approval_required');
    expect(answers(stage, id)).toEqual(['approved', null]);
  });

  test('G13: a person who has it resets the target: a person is asked again', async () => {
    using stage = stageOf('reset');
    const id = await stage.queue();
    stage.clock.advance(31 * MINUTE);
    await consider(stage.deps, id);
    stage.clock.advance(MINUTE);
    await write(stage.db, () => resetTarget(stage.db, stage.target, stage.clock.now()));
    stage.clock.advance(1_000);
    await consider(stage.deps, id);
    // A person still has it; what they are asked is beside that.
    expect(stage.incident(id).status).toBe('escalated');
    expect(answers(stage, id)).toEqual(['expired', null]);
    await approve(stage, id);
    await consider(stage.deps, id);
    expect(status(stage, id)).toBe('queued approved');
    expect(told(stage, id).filter((one) => !one.endsWith('ended'))).toEqual([]);
  });

  test('G4: the trial of a quarantine is asked about too, and closes the circuit where it helps', async () => {
    using stage = stageOf('trial', {
      limits: { budgets: [{ attempts: 1, per: 30 * MINUTE }], quarantine: 60 * MINUTE },
    });
    stage.firing = async () => true;
    const { inspect } = stage.platform;
    const id = await stage.queue();
    await approve(stage, id);
    await consider(stage.deps, id);
    stage.platform.inspect = async (target) => {
      const seen = await inspect(target);
      return { ...seen, instances: seen.instances.map((one) => ({ ...one, health: 'unhealthy' })) };
    };
    await runAttempt(stage.deps, id);
    await seekProof(stage.deps, id);
    expect(status(stage, id)).toBe('escalated quarantined');
    stage.platform.inspect = inspect;
    await consider(stage.deps, id);
    expect(answers(stage, id)).toEqual(['approved']);

    stage.clock.advance(61 * MINUTE);
    await consider(stage.deps, id);
    // A person has it until the answer, which is about the trial.
    expect(stage.incident(id).status).toBe('escalated');
    expect(answers(stage, id)).toEqual(['approved', null]);
    expect(stage.calls).toHaveLength(1);
    await approve(stage, id);
    await consider(stage.deps, id);
    expect(status(stage, id)).toBe('queued approved');
    stage.firing = async () => (await box.process('trial')).restartCount < 2;
    await runAttempt(stage.deps, id);
    await seekProof(stage.deps, id);
    expect(stage.incident(id)).toMatchObject({ status: 'closed', outcome: 'healed' });
    expect(targetState(stage.db, stage.target)).toMatchObject({ open: false, until: null, times: 0 });
  });

  test('G13: the playbook is set to act: nobody has to answer any more', async () => {
    using stage = stageOf('mode');
    const id = await stage.queue();
    for (const playbook of stage.file.playbooks) Object.assign(playbook, { mode: 'act' });
    await consider(stage.deps, id);
    expect(status(stage, id)).toBe('queued first_attempt');
    expect(answers(stage, id)).toEqual(['withdrawn']);
    expect(told(stage, id)).toEqual(['approval_required ended']);
  });

  test('G13: time for an answer does not count as waiting', async () => {
    using stage = stageOf('deadline');
    const id = await stage.queue();
    stage.clock.advance(20 * MINUTE);
    await consider(stage.deps, id);
    const away = async () => {
      throw new PlatformError('unavailable', 'the platform is away');
    };
    stage.platform.find = away;
    await consider(stage.deps, id);
    expect(status(stage, id)).toBe('deferred guard_unavailable');
    // The question stands, and what is unknown took nothing of it back.
    expect(answers(stage, id)).toEqual([null]);
  });

  test('G13: an answer that came first is not changed by a later one', async () => {
    using stage = stageOf('rejected');
    const id = await stage.queue();
    await approve(stage, id);
    const [question] = approvalsOf(stage.db, id);
    endApproval(stage.db, question?.id ?? 0, 'rejected', { by: 'bob', why: 'no' }, stage.clock.now());
    expect(approvalsOf(stage.db, id)).toMatchObject([{ answer: 'approved', by: 'ada', why: 'go on' }]);
    expect(eventsOf(stage.db, id).at(-1)).toMatchObject({
      kind: 'person',
      text: `ada approved question ${question?.id}: go on`,
    });
  });
});
