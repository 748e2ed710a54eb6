// Long because a storm has many ends. The log, the supervisor and its processes are real; Alertmanager and Prometheus
// are small HTTP servers; a minute of the bot lasts three seconds.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { bootSupervisor } from '../../../supervisor/src/harness.ts';
import { addPause, endPauses } from '../store/controls.ts';
import { write } from '../store/db.ts';
import { decisionsOf } from '../store/decisions.ts';
import { lookAtOnce } from '../store/incidents.ts';
import { openStorm } from '../store/storms.ts';
import { createFleetStage, type FleetOptions, type FleetStage } from '../testing/fleet-stage.ts';
import { startSignals } from '../testing/signals.ts';

/** What others need, by service: the dozen, and four of their own for each test that acts. */
const NEEDS: Record<string, readonly string[]> = {
  web: ['a1', 'a2'],
  a1: ['db'],
  a2: ['db'],
  a3: ['db'],
  a4: ['db'],
  db: [],
};
const DOZEN = [...Object.keys(NEEDS), 'o1', 'o2', 'o3', 'o4', 'o5', 'o6'];
const four = (name: string) => [1, 2, 3, 4].map((i) => `${name}-${i}`);
const FOURS = [
  'crash',
  'begun',
  'reserved',
  'aside',
  'recover',
  'again',
  'observe',
  'paused',
  'half',
];

let box: Awaited<ReturnType<typeof bootSupervisor>>;
let signals: Awaited<ReturnType<typeof startSignals>>;
beforeAll(async () => {
  const lines = [...DOZEN, ...FOURS.flatMap(four)].map((service) => {
    const needs = NEEDS[service]?.join(', ') ?? '';
    return `  ${service}: { command: [sleep, '100000'], depends_on: [${needs}], labels: { alert-bot.enable: 'true' } }`;
  });
  box = await bootSupervisor(['processes:', ...lines].join('\n'));
  signals = await startSignals();
}, 30_000);
afterAll(async () => {
  await signals[Symbol.asyncDispose]();
  await box[Symbol.asyncDispose]();
});

const CALM = 60_000;
const FROM_FOUR = { storm: { incidents: 4, per: 60_000, calm: CALM } };
const stageOf = (name: string, options?: FleetOptions): FleetStage =>
  createFleetStage(box, signals.scene, name, options);
const until = (assertion: () => void, timeout = 40_000) => vi.waitFor(assertion, { timeout, interval: 20 });

/** Each change of a storm's own incident, in words. */
const story = (stage: FleetStage, id: number) => stage.events(id).map(({ text }) => text.replace(/:.*/s, ''));
/** When the first call of each service came, in order. */
const order = (stage: FleetStage) => stage.calls.map(({ service }) => service);

describe('G6: a storm', { concurrent: true, timeout: 90_000 }, () => {
  test('is one page and no action, then all go one at a time, dependencies first', async () => {
    using stage = stageOf('dozen', { limits: { concurrent: 4 } });
    let atOnce = 0;
    stage.hooks.beforeAct = () => {
      const open = stage.db.prepare('SELECT count(*) FROM attempts WHERE ended_at IS NULL').pluck().get();
      atOnce = Math.max(atOnce, Number(open));
    };
    await using _ = stage.engine();
    await stage.fire(...DOZEN);
    const firedAt = stage.now();
    const own = openStorm(stage.db)?.incident ?? 0;
    await until(() => expect(stage.pages()).toEqual([`${own} storm`]));
    expect(stage.incident(own)).toMatchObject({ title: 'Storm of 12 incidents', status: 'escalated' });
    expect(stage.scene.sent[0]?.annotations['description']).toContain('web, a1, a2, a3, a4, db, o1');

    await until(() => expect(stage.open()).toEqual([]), 60_000);
    expect(order(stage).toSorted()).toEqual(DOZEN.toSorted());
    expect(Math.min(...stage.calls.map(({ at }) => at))).toBeGreaterThanOrEqual(firedAt + CALM);
    expect(atOnce).toBe(1);
    const place = (service: string) => order(stage).indexOf(service);
    for (const [service, needs] of Object.entries(NEEDS))
      for (const need of needs) expect(place(need), `${need} before ${service}`).toBeLessThan(place(service));
    // No page but the one, and that has ended.
    expect(stage.paged()).toEqual([`${own} storm`]);
    await until(() => expect(stage.pages()).toEqual([]));
    expect(stage.incident(own)).toMatchObject({ status: 'closed', outcome: 'handed_over' });
    expect(story(stage, own)).toEqual([
      'a storm begins',
      'new → escalated',
      'handed to a person',
      'calm',
      'the storm is over',
      'escalated → closed',
    ]);
  });

  test('goes on where a stop of the bot left it, with the same page', async () => {
    using stage = stageOf('crash', { limits: FROM_FOUR });
    await stage.fire(...four('crash'));
    const own = openStorm(stage.db)?.incident ?? 0;
    let boots = 0;
    while (stage.open().length > 0 && boots < 200) {
      await using engine = stage.engine();
      boots += 1;
      for (let passes = 0; passes <= boots % 7; passes++) await engine.passed();
    }
    expect(stage.open()).toEqual([]);
    expect(order(stage).toSorted()).toEqual(four('crash'));
    expect(stage.paged()).toEqual([`${own} storm`]);
  });

  test('a call that was begun is finished and proven while the others are held', async () => {
    using stage = stageOf('begun', { limits: FROM_FOUR });
    const [first = '', ...others] = four('begun');
    const called = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    stage.hooks.beforeAct = async (service) => {
      if (service !== first) return;
      called.resolve();
      await goOn.promise;
    };
    await using _ = stage.engine();
    await stage.fire(first);
    await called.promise;
    await stage.fire(...others);
    goOn.resolve();
    await until(() => expect(stage.of(first)).toMatchObject({ status: 'closed', outcome: 'healed' }));
    expect(order(stage)).toEqual([first]);
    expect(others.map((service) => stage.of(service).reason)).toEqual(['storm', 'storm', 'storm']);
  });

  test('what was reserved and not yet called is held, and costs nothing', async () => {
    using stage = stageOf('reserved', { limits: FROM_FOUR });
    const [first = '', ...others] = four('reserved');
    const capturing = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    stage.hooks.beforeLogs = async () => {
      capturing.resolve();
      await goOn.promise;
    };
    await using _ = stage.engine();
    await stage.fire(first);
    await capturing.promise;
    expect(stage.of(first).status).toBe('acting');
    await stage.fire(...others);
    goOn.resolve();
    await until(() => expect(stage.of(first)).toMatchObject({ status: 'deferred', reason: 'storm' }));
    expect(stage.calls).toEqual([]);
    expect(stage.attempts(first)).toMatchObject([{ outcome: 'not_called' }]);
    await until(() => expect(stage.open()).toEqual([]));
    expect(order(stage).toSorted()).toEqual(four('reserved'));
  });

  test('who waits for something of its own steps aside when the others are released', async () => {
    using stage = stageOf('aside', { limits: FROM_FOUR });
    const [first = '', ...others] = four('aside');
    stage.silenced.add(first);
    await using _ = stage.engine();
    await stage.fire(first, ...others);
    const own = openStorm(stage.db)?.incident ?? 0;
    await until(() => expect(stage.incident(own).status).toBe('closed'));
    expect(order(stage)).toEqual(others);
    expect(stage.of(first)).toMatchObject({ status: 'deferred', reason: 'silenced' });
  });

  test('ends where all of it goes away by itself, but not before it is calm', async () => {
    using stage = stageOf('recover', { limits: FROM_FOUR });
    await using _ = stage.engine();
    await stage.fire(...four('recover'));
    const own = openStorm(stage.db)?.incident ?? 0;
    await until(() => expect(stage.pages()).toEqual([`${own} storm`]));
    const lastAt = openStorm(stage.db)?.lastIncidentAt ?? 0;
    await stage.resolve(...four('recover'));
    await until(() => expect(stage.open()).toEqual([]));
    expect(stage.incident(own).closedAt).toBeGreaterThanOrEqual(lastAt + CALM);
    expect(four('recover').map((service) => stage.of(service).outcome)).toEqual(Array(4).fill('recovered'));
    expect(stage.calls).toEqual([]);
  });

  test('a new burst while it is released holds it again, with the same page; a single one joins the line', async () => {
    using stage = stageOf('again', { limits: FROM_FOUR });
    const [first = '', ...others] = four('again');
    const ghosts = ['ghost-1', 'ghost-2', 'ghost-3', 'ghost-4'];
    await using _ = stage.engine();
    await stage.fire(...ghosts);
    const { incident: own = 0 } = openStorm(stage.db) ?? {};
    stage.hooks.beforeAct = async (service) => {
      if (service !== first) return;
      // In the middle of its turn three more come: with it four new ones since the release.
      await stage.fire(...others);
    };
    await until(() => expect(openStorm(stage.db)?.releasedAt ?? null).not.toBeNull());
    await stage.fire(first);
    await until(() => expect(stage.of(first).outcome).toBe('healed'));
    expect(openStorm(stage.db)).toMatchObject({ incident: own, releasedAt: null });
    expect(order(stage)).toEqual([first]);
    await until(() => expect(order(stage)).toEqual([first, ...others]));
    expect(stage.calls[1]?.at).toBeGreaterThanOrEqual((stage.calls[0]?.at ?? 0) + CALM);
    expect(stage.incident(own).title).toBe('Storm of 8 incidents');
    expect(stage.paged()).toEqual([`${own} storm`]);
  });

  test('of services that nobody knows is one page, which stays until their alerts are gone', async () => {
    using stage = stageOf('unknown', { limits: FROM_FOUR });
    const ghosts = Array.from({ length: 30 }, (_, i) => `ghost-${i}`);
    await using _ = stage.engine();
    await stage.fire(...ghosts);
    const own = openStorm(stage.db)?.incident ?? 0;
    await until(() => expect(openStorm(stage.db)).toBeUndefined());
    for (const ghost of ghosts)
      expect(stage.of(ghost)).toMatchObject({ status: 'escalated', reason: 'no_target' });
    expect(stage.incident(own).status).toBe('escalated');
    // Another storm is told of anew.
    await stage.fire(...ghosts.map((name) => `other-${name}`));
    const next = openStorm(stage.db)?.incident ?? 0;
    await until(() => expect(stage.pages()).toEqual([`${own} storm`, `${next} storm`]));
    await stage.resolve(...ghosts);
    await until(() => expect(stage.incident(own)).toMatchObject({ status: 'closed' }));
    expect(stage.paged()).toEqual([`${own} storm`, `${next} storm`]);
  });

  test('in mode observe nobody is told, and nothing is held', async () => {
    using stage = stageOf('observe', { limits: FROM_FOUR, playbook: { mode: 'observe' } });
    await using _ = stage.engine();
    await stage.fire(...four('observe'));
    expect(openStorm(stage.db)).toBeUndefined();
    await until(() => expect(stage.open()).toEqual([]));
    expect(four('observe').map((service) => stage.of(service).outcome)).toEqual(Array(4).fill('dismissed'));
    expect(stage.paged()).toEqual([]);
  });

  test('G13: nobody is told of a storm while the bot is paused, and as soon as it is resumed', async () => {
    using stage = stageOf('paused', { limits: FROM_FOUR });
    addPause(stage.db, { by: 'somebody', why: 'moving the rack' }, null, stage.now());
    await using engine = stage.engine();
    await stage.fire(...four('paused'));
    await until(() =>
      expect(four('paused').map((service) => stage.of(service).reason)).toEqual(Array(4).fill('paused')),
    );
    await engine.passed();
    await engine.passed();
    expect(stage.paged()).toEqual([]);
    await write(stage.db, () => {
      endPauses(stage.db, stage.now());
      lookAtOnce(stage.db, null, stage.now());
    });
    stage.wake();
    const own = openStorm(stage.db)?.incident ?? 0;
    await until(() => expect(stage.pages()).toEqual([`${own} storm`]));
  });

  test('is released with half the limits', async () => {
    const targets = { count: 4, percent: 100, per: 600_000 };
    using stage = stageOf('half', { limits: { ...FROM_FOUR, targets } });
    await using _ = stage.engine();
    await stage.fire(...four('half'));
    await until(() => expect(stage.calls).toHaveLength(2));
    const [, , third = ''] = four('half');
    await until(() => expect(stage.of(third)).toMatchObject({ status: 'deferred', reason: 'blast_radius' }));
    expect(decisionsOf(stage.db, stage.of(third).id).at(-1)?.decision.also).not.toContain('storm');
    // The last one has its place behind it.
    await until(() => expect(stage.of('half-4')).toMatchObject({ status: 'deferred', reason: 'storm' }));
    expect(stage.calls).toHaveLength(2);
  });
});
