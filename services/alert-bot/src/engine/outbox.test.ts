// The log is real; Alertmanager is a small HTTP server; the clock is moved.
import { afterAll, expect, test } from 'vitest';
import { escalate } from '../decision/conclude.ts';
import { write } from '../store/db.ts';
import { dueEscalations, endEscalations, escalationsOf } from '../store/escalations.ts';
import { resetTarget } from '../store/targets.ts';
import { lookAtOnce } from '../store/waits.ts';
import type { Stage } from '../testing/stage.ts';
import { bootStages } from '../testing/stages.ts';
import { consider } from './consider.ts';
import { createOutbox } from './outbox.ts';

const { end, stageOf } = await bootStages(['api']);
afterAll(end);

async function escalated(): Promise<Stage & { id: number }> {
  const stage = stageOf('api');
  const id = await stage.fire();
  await write(stage.db, () => escalate(stage.db, stage.incident(id), 'unproven', stage.clock.now()));
  return Object.assign(stage, { id });
}

const MINUTE = 60_000;
const lastEnd = ({ scene }: Stage): number => Date.parse(scene.sent.at(-1)?.endsAt ?? '');

test('an escalation is an alert of ours that lasts 4 h, sent again each minute', async () => {
  using stage = await escalated();
  const outbox = createOutbox(stage.deps);
  await outbox.flush();
  await outbox.flush();
  expect(stage.scene.sent).toMatchObject([
    {
      labels: {
        alertname: 'RemediationEscalated',
        origin: 'alert-bot',
        reason: 'unproven',
        target: stage.target,
        service: 'api',
      },
    },
  ]);
  expect(Math.abs(lastEnd(stage) - stage.clock.now() - 240 * MINUTE)).toBeLessThan(2_000);
  stage.clock.advance(59_000);
  await outbox.flush();
  expect(stage.scene.sent).toHaveLength(1);
  stage.clock.advance(2_000);
  await outbox.flush();
  expect(stage.scene.sent).toHaveLength(2);
  expect(Math.abs(lastEnd(stage) - stage.clock.now() - 240 * MINUTE)).toBeLessThan(2_000);
});

test('where the wall clock was set back it begins and ends by Alertmanager’s clock', async () => {
  using stage = await escalated();
  const { deps, clock, id } = stage;
  // It was escalated just now in log time, which Alertmanager will reach in five minutes.
  Object.assign(deps, { now: () => clock.now(), behind: () => 5 * MINUTE });
  const outbox = createOutbox(deps);
  const outside = () => deps.now() - deps.behind();
  await outbox.flush();
  const begun = Date.parse(stage.scene.sent.at(-1)?.startsAt ?? '');
  expect(begun).toBeLessThanOrEqual(outside());
  expect(Math.abs(lastEnd(stage) - outside() - 240 * MINUTE)).toBeLessThan(2_000);
  await write(stage.db, () => endEscalations(stage.db, id, deps.now()));
  await outbox.flush();
  expect(lastEnd(stage)).toBeLessThanOrEqual(outside());
});

test('while Alertmanager is away it is tried again every 5 s, and nothing is lost', async () => {
  using stage = await escalated();
  const outbox = createOutbox(stage.deps);
  let tries = 0;
  stage.scene.before = () => {
    tries += 1;
    throw new Error('away');
  };
  await outbox.flush();
  await outbox.flush();
  expect(tries).toBe(1);
  expect(escalationsOf(stage.db, stage.id)[0]?.error).toContain('Alertmanager');
  stage.clock.advance(5_000);
  await outbox.flush();
  expect(tries).toBe(2);
  stage.scene.before = () => undefined;
  stage.clock.advance(5_000);
  await outbox.flush();
  expect(stage.scene.sent).toHaveLength(1);
  expect(escalationsOf(stage.db, stage.id)[0]?.error).toBeNull();
});

test('a reset that leads to an attempt ends it, told once', async () => {
  using stage = await escalated();
  const outbox = createOutbox(stage.deps);
  await outbox.flush();
  stage.clock.advance(1_000);
  await write(stage.db, () => {
    resetTarget(stage.db, stage.target, stage.clock.now());
    lookAtOnce(stage.db, stage.target, stage.clock.now());
  });
  await consider(stage.deps, stage.id);
  expect(stage.incident(stage.id).status).toBe('queued');
  await outbox.flush();
  expect(stage.scene.sent).toHaveLength(2);
  expect(Math.abs(lastEnd(stage) - stage.clock.now())).toBeLessThan(2_000);
  stage.clock.advance(10 * MINUTE);
  await outbox.flush();
  expect(stage.scene.sent).toHaveLength(2);
});

test('an end that Alertmanager was away for is told when it is back', async () => {
  using stage = await escalated();
  const outbox = createOutbox(stage.deps);
  await outbox.flush();
  stage.scene.before = (what) => {
    if (what === 'send') throw new Error('away');
  };
  await write(stage.db, () => resetTarget(stage.db, stage.target, stage.clock.now() + 1));
  stage.clock.advance(1_000);
  await consider(stage.deps, stage.id);
  await outbox.flush();
  stage.scene.before = () => undefined;
  // Another process: what it does not know is in the log.
  await createOutbox(stage.deps).flush();
  expect(stage.scene.sent).toHaveLength(2);
  expect(lastEnd(stage)).toBeLessThanOrEqual(stage.clock.now());
});

test('a second escalation of an incident fires beside the end of the first', async () => {
  using stage = await escalated();
  const outbox = createOutbox(stage.deps);
  await outbox.flush();
  await write(stage.db, () => resetTarget(stage.db, stage.target, stage.clock.now() + 1));
  stage.clock.advance(1_000);
  await consider(stage.deps, stage.id);
  await write(stage.db, () => escalate(stage.db, stage.incident(stage.id), 'unproven', stage.clock.now()));
  await outbox.flush();
  const [end, start] = stage.scene.sent.slice(1);
  expect(stage.scene.sent).toHaveLength(3);
  // The same labels: Alertmanager takes the last one of the two for the truth.
  expect(end?.labels).toEqual(start?.labels);
  expect(Date.parse(end?.endsAt ?? '')).toBeLessThanOrEqual(stage.clock.now());
  expect(Date.parse(start?.endsAt ?? '')).toBeGreaterThan(stage.clock.now());
});

test('a peer that was away while a page ended is told when it is back, and nobody then any more', async () => {
  using stage = await escalated();
  const { deps, id, clock } = stage;
  const { send } = deps.alertmanager;
  let failures = ['Alertmanager b: 503'];
  Object.assign(deps.alertmanager, {
    send: async (alerts: Parameters<typeof send>[0]) => [...(await send(alerts)), ...failures],
  });
  const outbox = createOutbox(deps);
  await outbox.flush();
  await write(stage.db, () => endEscalations(stage.db, id, clock.now()));
  await outbox.flush();
  const ends = () => stage.scene.sent.filter(({ endsAt }) => Date.parse(endsAt) <= clock.now()).length;
  expect(ends()).toBe(1);
  clock.advance(MINUTE);
  await outbox.flush();
  expect(ends()).toBe(2);
  failures = [];
  clock.advance(MINUTE);
  await outbox.flush();
  expect(ends()).toBe(3);
  clock.advance(MINUTE);
  await outbox.flush();
  expect(ends()).toBe(3);
});

test('one that never comes back is not told for ever: the page has ended there by itself', async () => {
  using stage = await escalated();
  const { deps, id, clock } = stage;
  Object.assign(deps.alertmanager, { send: async () => ['Alertmanager b: 503'] });
  const outbox = createOutbox(deps);
  await write(stage.db, () => endEscalations(stage.db, id, clock.now()));
  await outbox.flush();
  clock.advance(240 * MINUTE);
  await outbox.flush();
  expect(dueEscalations(stage.db, 0, clock.now() + 240 * MINUTE)).toEqual([]);
});
