// The log, the supervisor and its process are real; what was healed before is written into the log.
import { afterAll, describe, expect, test } from 'vitest';
import { runAttempt } from '../executor/attempt.ts';
import { seekProof } from '../executor/prove.ts';
import { decide } from '../policy/decide.ts';
import { write } from '../store/db.ts';
import { decisionsOf } from '../store/decisions.ts';
import { dueEscalations, endRecurring, escalationsOf } from '../store/escalations.ts';
import { eventsOf } from '../store/events.ts';
import { factsRow } from '../store/facts-row.ts';
import { changeStatus } from '../store/incidents.ts';
import { resetTarget } from '../store/targets.ts';
import { again, anIncident } from '../testing/log.ts';
import type { Stage } from '../testing/stage.ts';
import { bootStages } from '../testing/stages.ts';
import { closeIncident } from './conclude.ts';

const HOUR = 3_600_000;
const NAMES = ['third', 'second', 'fourth', 'reset', 'old', 'recovered', 'ends', 'ends-by-reset'];

const { box, end, stageOf } = await bootStages(NAMES);
afterAll(end);

/** An incident of the target was closed so long ago. */
async function closedBefore(
  stage: Stage,
  ago: number,
  outcome: 'healed' | 'recovered' = 'healed',
): Promise<void> {
  const { db, target } = stage;
  const at = stage.clock.now() - ago;
  await write(db, () => {
    const { id } = anIncident(db, { target, service: 'x' }, at);
    changeStatus(db, again(db, id), 'deferred', {}, at);
    const proof = {
      ...{ since: at, startedAt: at, restartCount: 0, deadline: at, stable: 0 },
      ...{ above: null, clean: {}, goodSince: null, ids: [] },
    };
    changeStatus(db, again(db, id), 'proving', { proof }, at);
    closeIncident(db, again(db, id), outcome, {}, at);
  });
}

/** The alert comes, the target is restarted, and that is proven. @returns the incident */
async function heal(stage: Stage): Promise<number> {
  const id = await stage.queue();
  await runAttempt(stage.deps, id);
  await seekProof(stage.deps, id);
  expect(stage.incident(id)).toMatchObject({ status: 'closed', outcome: 'healed' });
  return id;
}

const pages = (stage: Stage, id: number) => escalationsOf(stage.db, id).map(({ reason }) => reason);

describe('G4: a slow loop', { concurrent: true }, () => {
  test('healed for the third time in a day: one page, though the incident is closed, with a row that explains it', async () => {
    using stage = stageOf('third');
    await closedBefore(stage, 20 * HOUR);
    await closedBefore(stage, 5 * HOUR);
    const id = await heal(stage);
    expect(pages(stage, id)).toEqual(['recurring']);
    const last = decisionsOf(stage.db, id).at(-1);
    expect(last?.decision).toMatchObject({ kind: 'escalate', reason: 'recurring' });
    const seen = factsRow.parse(last?.facts);
    expect(seen.healed?.at).toHaveLength(3);
    expect(decide(seen, last?.at ?? 0)).toEqual(last?.decision);
    expect(eventsOf(stage.db, id).at(-1)?.text).toContain('healed for the third time');
    expect(await stage.count('decisions_total', { reason: 'recurring' })).toBe(1);
    // It is sent though its incident is closed.
    const page = dueEscalations(stage.db, 0, stage.clock.now())[0];
    expect(page?.labels).toMatchObject({ reason: 'recurring' });
    expect(page?.annotations['description']).toContain(
      `alert-bot incidents show ${id}, and alert-bot incidents --target supervisor:third for those`,
    );
  });

  test.each([
    ['second', 'for the second time', [5 * HOUR]],
    ['old', 'for the third time in more than a day', [25 * HOUR, 5 * HOUR]],
  ])('%s: healed %s: nobody is told', async (name, _, earlier) => {
    using stage = stageOf(name);
    for (const ago of earlier) await closedBefore(stage, ago);
    expect(pages(stage, await heal(stage))).toEqual([]);
  });

  test('what recovered by itself does not count', async () => {
    using stage = stageOf('recovered');
    await closedBefore(stage, 6 * HOUR, 'recovered');
    await closedBefore(stage, 5 * HOUR);
    expect(pages(stage, await heal(stage))).toEqual([]);
  });

  test('the fourth time is not told again', async () => {
    using stage = stageOf('fourth');
    for (const ago of [20 * HOUR, 5 * HOUR]) await closedBefore(stage, ago);
    expect(pages(stage, await heal(stage))).toEqual(['recurring']);
    stage.clock.advance(HOUR);
    stage.firing = async () => (await box.process('fourth')).restartCount === 1;
    expect(pages(stage, await heal(stage))).toEqual([]);
  });

  test('a reset counts anew', async () => {
    using stage = stageOf('reset');
    for (const ago of [20 * HOUR, 5 * HOUR]) await closedBefore(stage, ago);
    await write(stage.db, () => resetTarget(stage.db, stage.target, stage.clock.now() - HOUR));
    expect(pages(stage, await heal(stage))).toEqual([]);
  });

  test.each([
    ['ends-by-reset', (stage: Stage) => resetTarget(stage.db, stage.target, stage.clock.now())],
    ['ends', (stage: Stage) => endRecurring(stage.db, { before: stage.clock.now() }, stage.clock.now())],
  ])('the page %s, and Alertmanager is told', async (name, end) => {
    using stage = stageOf(name);
    for (const ago of [20 * HOUR, 5 * HOUR]) await closedBefore(stage, ago);
    const id = await heal(stage);
    await write(stage.db, () => {
      endRecurring(stage.db, { before: stage.clock.now() - 24 * HOUR }, stage.clock.now());
      resetTarget(stage.db, 'supervisor:somebody-else', stage.clock.now());
    });
    expect(escalationsOf(stage.db, id)).toMatchObject([{ endedAt: null }]);
    await write(stage.db, () => end(stage));
    expect(escalationsOf(stage.db, id)[0]?.endedAt).not.toBeNull();
    expect(dueEscalations(stage.db, 0, stage.clock.now())).toHaveLength(1);
  });
});
