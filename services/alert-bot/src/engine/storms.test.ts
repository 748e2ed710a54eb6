// Long because a storm has many ends. The log, the supervisor and its processes are real; Alertmanager and Prometheus
// are small HTTP servers. Calm is so long that it comes only where the clock is moved.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { bootSupervisor } from '../../../supervisor/src/harness.ts';
import { write } from '../store/db.ts';
import { decisionsOf } from '../store/decisions.ts';
import { changeStatus } from '../store/incidents.ts';
import { standInLine } from '../store/storm-line.ts';
import { openStorm } from '../store/storms.ts';
import { lookAtOnce } from '../store/waits.ts';
import {
  createFleetStage,
  FLEET_LIMITS,
  type FleetOptions,
  type FleetStage,
} from '../testing/fleet-stage.ts';
import { startSignals } from '../testing/signals.ts';
import { tendStorms } from './storms.ts';

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
const FOURS = ['crash', 'begun', 'reserved', 'aside', 'recover', 'again', 'observe', 'paused', 'half'];

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

const { calm: CALM } = FLEET_LIMITS.storm;
const FROM_FOUR = { storm: { ...FLEET_LIMITS.storm, incidents: 4 } };
const stageOf = (name: string, options?: FleetOptions): FleetStage =>
  createFleetStage(box, signals.scene, name, options);
const until = (assertion: () => void, timeout = 120_000) => vi.waitFor(assertion, { timeout, interval: 20 });

/** Each change of a storm's own incident, in words. */
const story = (stage: FleetStage, id: number) => stage.events(id).map(({ text }) => text.replace(/:.*/s, ''));
/** The services that were called, in order. */
const order = (stage: FleetStage) => stage.calls.map(({ service }) => service);
/** Each service is held by the storm. */
const held = (stage: FleetStage, services: readonly string[]) =>
  until(() =>
    expect(services.map((service) => stage.of(service))).toEqual(
      services.map(() => expect.objectContaining({ status: 'deferred', reason: 'storm' })),
    ),
  );
/** So long goes by that it is calm. */
function goCalm(stage: FleetStage): void {
  stage.advance(CALM);
  stage.wake();
}

describe('G6: a storm', { concurrent: true, timeout: 240_000 }, () => {
  test('is one page and no action, then all go one at a time, dependencies first', async () => {
    using stage = stageOf('dozen', { limits: { concurrent: 4 } });
    let atOnce = 0;
    stage.hooks.beforeAct = () => {
      const open = stage.db.prepare('SELECT count(*) FROM attempts WHERE ended_at IS NULL').pluck().get();
      atOnce = Math.max(atOnce, Number(open));
    };
    await using _ = stage.engine();
    await stage.fire(...DOZEN);
    const own = openStorm(stage.db)?.incident ?? 0;
    await until(() => expect(stage.pages()).toEqual([`${own} storm`]));
    expect(stage.incident(own)).toMatchObject({ title: 'Storm of 12 incidents', status: 'escalated' });
    expect(stage.scene.sent[0]?.annotations['description']).toContain('web, a1, a2, a3, a4, db, o1');
    expect(stage.scene.sent[0]?.annotations['description']).toContain(`alert-bot incidents show ${own}.`);
    await held(stage, DOZEN);
    expect(stage.calls).toEqual([]);
    expect(decisionsOf(stage.db, own).map(({ decision }) => decision)).toMatchObject([
      { kind: 'escalate', reason: 'storm' },
    ]);

    goCalm(stage);
    await until(() => expect(stage.open()).toEqual([]));
    expect(order(stage).toSorted()).toEqual(DOZEN.toSorted());
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
    for (let boots = 0; stage.open().length > 0 && boots < 300; boots++) {
      await using engine = stage.engine();
      for (let passes = 0; passes <= boots % 7; passes++) await engine.passed();
      if (boots === 10) goCalm(stage);
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
    await held(stage, others);
    expect(order(stage)).toEqual([first]);
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
    await held(stage, [first]);
    expect(stage.calls).toEqual([]);
    expect(stage.attempts(first)).toMatchObject([{ outcome: 'not_called' }]);
    goCalm(stage);
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
    await held(stage, others);
    goCalm(stage);
    await until(() => expect(stage.incident(own).status).toBe('closed'));
    expect(order(stage)).toEqual(others);
    expect(stage.of(first)).toMatchObject({ status: 'deferred', reason: 'silenced' });
  });

  test('ends where all of it goes away by itself, but not before it is calm', async () => {
    using stage = stageOf('recover', { limits: FROM_FOUR });
    await using engine = stage.engine();
    await stage.fire(...four('recover'));
    const own = openStorm(stage.db)?.incident ?? 0;
    await until(() => expect(stage.pages()).toEqual([`${own} storm`]));
    await stage.resolve(...four('recover'));
    await until(() => expect(stage.open()).toHaveLength(1));
    await engine.passed();
    await engine.passed();
    expect(stage.pages()).toEqual([`${own} storm`]);
    goCalm(stage);
    await until(() => expect(stage.open()).toEqual([]));
    expect(four('recover').map((service) => stage.of(service).outcome)).toEqual(Array(4).fill('recovered'));
    expect(stage.calls).toEqual([]);
  });

  test('a new burst while it is released holds it again, with the same page', async () => {
    using stage = stageOf('again', { limits: FROM_FOUR });
    const [first = '', ...others] = four('again');
    stage.hooks.beforeAct = async (service) => {
      // In the middle of its turn as many new ones come as began the storm.
      if (service === first) await stage.fire(...others, 'ghost-4');
    };
    await using _ = stage.engine();
    await stage.fire(first, 'ghost-1', 'ghost-2', 'ghost-3');
    const own = openStorm(stage.db)?.incident ?? 0;
    await held(stage, [first, 'ghost-1', 'ghost-2', 'ghost-3']);
    goCalm(stage);
    await until(() => expect(stage.of(first).outcome).toBe('healed'));
    await held(stage, [...others, 'ghost-4']);
    expect(order(stage)).toEqual([first]);
    goCalm(stage);
    await until(() => expect(openStorm(stage.db)).toBeUndefined());
    expect(order(stage)).toEqual([first, ...others]);
    expect(stage.incident(own).title).toBe('Storm of 8 incidents');
    expect(stage.paged()).toEqual([`${own} storm`]);
  });

  test('of services that nobody knows is one page, which stays until their alerts are gone', async () => {
    using stage = stageOf('unknown', { limits: FROM_FOUR });
    const ghosts = Array.from({ length: 30 }, (_, i) => `ghost-${i}`);
    await using _ = stage.engine();
    await stage.fire(...ghosts);
    const own = openStorm(stage.db)?.incident ?? 0;
    await held(stage, ghosts);
    goCalm(stage);
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
    await until(() => expect(stage.pages()).toEqual([`${next} storm`]));
    expect(stage.paged()).toEqual([`${own} storm`, `${next} storm`]);
  });

  test('is one page also where the bot was away until it was calm', async () => {
    using stage = stageOf('away', { limits: FROM_FOUR });
    await stage.fire('ghost-1', 'ghost-2', 'ghost-3', 'ghost-4');
    const own = openStorm(stage.db)?.incident ?? 0;
    stage.advance(CALM);
    await using _ = stage.engine();
    await until(() => expect(stage.of('ghost-4').status).toBe('escalated'));
    await until(() => expect(stage.pages()).toEqual([`${own} storm`]));
    expect(stage.paged()).toEqual([`${own} storm`]);
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
    await write(stage.db, () =>
      stage.db
        .prepare("INSERT INTO pauses (by, why, at, scope) VALUES ('me', '', ?, 'all')")
        .run(stage.now()),
    );
    await using engine = stage.engine();
    await stage.fire(...four('paused'));
    await until(() =>
      expect(four('paused').map((service) => stage.of(service).reason)).toEqual(Array(4).fill('paused')),
    );
    await engine.passed();
    await engine.passed();
    expect(stage.paged()).toEqual([]);
    await write(stage.db, () => {
      stage.db.prepare('UPDATE pauses SET ended_at = ?').run(stage.now());
      lookAtOnce(stage.db, null, stage.now());
    });
    stage.wake();
    const own = openStorm(stage.db)?.incident ?? 0;
    await until(() => expect(stage.pages()).toEqual([`${own} storm`]));
  });

  test('is released with half the limits', async () => {
    const targets = { count: 4, percent: 100, per: 7_200_000 };
    using stage = stageOf('half', { limits: { ...FROM_FOUR, targets } });
    await using _ = stage.engine();
    await stage.fire(...four('half'));
    await held(stage, four('half'));
    goCalm(stage);
    await until(() => expect(stage.calls).toHaveLength(2));
    await until(() =>
      expect(stage.of('half-3')).toMatchObject({ status: 'deferred', reason: 'blast_radius' }),
    );
    // The last one has its place behind it.
    await held(stage, ['half-4']);
    expect(stage.calls).toHaveLength(2);
  });

  test('released, looks at once at the one whose turn it is, and at all where nobody stands in the line', async () => {
    using stage = stageOf('turn', { limits: FROM_FOUR });
    const ghosts = ['ghost-1', 'ghost-2', 'ghost-3', 'ghost-4'];
    await stage.fire(...ghosts);
    stage.advance(CALM);
    await tendStorms(stage.deps);
    const later = stage.now() + CALM;
    for (const ghost of ghosts)
      changeStatus(
        stage.db,
        stage.of(ghost),
        'deferred',
        { reason: 'storm', nextLookAt: later },
        stage.now(),
      );
    const waiting = () => ghosts.filter((ghost) => stage.of(ghost).nextLookAt > stage.now());
    await tendStorms(stage.deps);
    expect(waiting()).toEqual(ghosts.slice(1));
    for (const ghost of ghosts) standInLine(stage.db, stage.of(ghost).id, false);
    await tendStorms(stage.deps);
    expect(waiting()).toEqual([]);
  });
});
