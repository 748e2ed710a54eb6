// The log, the supervisor and its processes are real; Alertmanager and Prometheus are small HTTP servers.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { bootSupervisor } from '../../../supervisor/src/harness.ts';
import { PlatformError } from '../domain/platform.ts';
import type { Target } from '../domain/target.ts';
import { runAttempt } from '../executor/attempt.ts';
import {
  createFleetStage,
  FLEET_LIMITS,
  type FleetOptions,
  type FleetStage,
} from '../testing/fleet-stage.ts';
import { startSignals } from '../testing/signals.ts';
import { consider } from './consider.ts';

/** Who needs whom. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  'deep-upper': ['deep-base'],
  'below-top': ['below-middle'],
  'below-middle': ['below-base'],
  'pending-top': ['pending-base'],
  'apart-top': ['apart-base'],
  'away-top': ['away-base'],
  'ours-top': ['ours-base'],
};
const ALONE = [
  ...['severe-1', 'severe-2', 'turned-1', 'turned-2', 'deep-base', 'deep-flat', 'window-1', 'window-2'],
  ...[
    'cycle-a',
    'cycle-b',
    'unlisted',
    'all-1',
    'all-2',
    'all-3',
    'all-4',
    'below-base',
    'pending-base',
    'apart-base',
    'away-base',
    'ours-base',
  ],
];

let box: Awaited<ReturnType<typeof bootSupervisor>>;
let signals: Awaited<ReturnType<typeof startSignals>>;
beforeAll(async () => {
  const lines = [...Object.keys(NEEDS), ...ALONE].map((service) => {
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

const stageOf = (name: string, options?: FleetOptions): FleetStage =>
  createFleetStage(box, signals.scene, name, options);
const until = (assertion: () => void) => vi.waitFor(assertion, { timeout: 40_000, interval: 20 });
const order = (stage: FleetStage) => stage.calls.map(({ service }) => service);
const look = async (stage: FleetStage, ...services: string[]) => {
  for (const service of services) await consider(stage.deps, stage.of(service).id);
};
const run = async (stage: FleetStage, ...services: string[]) => {
  for (const service of services) await runAttempt(stage.deps, stage.of(service).id);
};
const severe = (stage: FleetStage, service: string, severity: string) =>
  stage.db.prepare('UPDATE incidents SET severity = ? WHERE service = ?').run(severity, service);

describe('G5: two queued at once, and one may act', { concurrent: true, timeout: 60_000 }, () => {
  test.each(['severe', 'turned'])(
    '%s: the severer goes first, whichever is looked at first',
    async (name) => {
      using stage = stageOf(name);
      const [mild, grave] = [`${name}-1`, `${name}-2`];
      await stage.fire(mild, grave);
      severe(stage, mild, 'warning');
      severe(stage, grave, 'critical');
      await look(stage, mild, grave);
      expect([stage.of(mild).status, stage.of(grave).status]).toEqual(['queued', 'queued']);
      if (name === 'severe') await run(stage, mild, grave);
      else await run(stage, grave, mild);
      expect(order(stage)[0]).toBe(grave);
      expect(stage.of(grave).status).toBe('proving');
      if (name === 'severe')
        expect(stage.of(mild)).toMatchObject({ status: 'deferred', reason: 'blast_radius' });
    },
  );

  test('what others may need goes before what needs others, though it is younger', async () => {
    using stage = stageOf('deep');
    await stage.fire('deep-upper');
    stage.advance(60_000);
    await look(stage, 'deep-upper');
    expect(stage.of('deep-upper')).toMatchObject({ status: 'queued', depth: 1 });
    await stage.fire('deep-flat');
    await look(stage, 'deep-flat');
    expect(stage.of('deep-flat')).toMatchObject({ status: 'queued', depth: 0 });
    await run(stage, 'deep-upper', 'deep-flat');
    expect(order(stage)).toEqual(['deep-flat']);
    expect(stage.of('deep-upper')).toMatchObject({ status: 'deferred', reason: 'blast_radius' });
    // A place is free again: it is looked at at once, not after a while.
    expect(stage.of('deep-upper').nextLookAt).toBeLessThanOrEqual(stage.now());
  });

  test('nobody starves: all have their turn, one after the other', async () => {
    using stage = stageOf('all', { limits: { concurrent: 1 } });
    let atOnce = 0;
    stage.hooks.beforeAct = () => {
      const acting = stage.db.prepare("SELECT count(*) FROM incidents WHERE status = 'acting'").pluck().get();
      atOnce = Math.max(atOnce, Number(acting));
    };
    await using _ = stage.engine();
    const all = ['all-1', 'all-2', 'all-3', 'all-4'];
    await stage.fire(...all);
    await until(() => expect(stage.open()).toEqual([]));
    expect(order(stage).toSorted()).toEqual(all);
    expect(atOnce).toBe(1);
  });
});

describe('G5: targets per window', { concurrent: true }, () => {
  test('one in ten minutes: the second waits until the first leaves the window', async () => {
    const targets = { count: 1, percent: 100, per: 600_000 };
    using stage = stageOf('window', { limits: { ...FLEET_LIMITS, concurrent: 9, targets } });
    await stage.fire('window-1', 'window-2');
    await look(stage, 'window-1', 'window-2');
    await run(stage, 'window-1', 'window-2');
    expect(order(stage)).toEqual(['window-1']);
    const { reserved_at } = stage.attempts('window-1')[0] ?? {};
    expect(stage.of('window-2')).toMatchObject({
      status: 'deferred',
      reason: 'blast_radius',
      until: Number(reserved_at) + 600_000,
    });
  });

  test('how many there are cannot be asked: blocked', async () => {
    using stage = stageOf('unlisted');
    stage.deps.platform.list = async () => {
      throw new PlatformError('unavailable', 'nobody listens');
    };
    await stage.fire('unlisted');
    await look(stage, 'unlisted');
    expect(stage.of('unlisted')).toMatchObject({ status: 'deferred', reason: 'guard_unavailable' });
  });
});

describe('G7: what a target depends on', { concurrent: true, timeout: 60_000 }, () => {
  test('members of a cycle do not wait for each other, and never act at once', async () => {
    using stage = stageOf('cycle', { limits: { concurrent: 9 } });
    // The supervisor refuses cycles, Compose's labels can have them.
    const other: Readonly<Record<string, string>> = { 'cycle-a': 'cycle-b', 'cycle-b': 'cycle-a' };
    const { platform } = stage.deps;
    const tied = (target: Target): Target => ({
      ...target,
      dependsOn: [{ id: `supervisor:${other[target.service]}`, condition: 'started' }],
    });
    Object.assign(platform, {
      list: async () =>
        (await stage.supervisor.list()).map((one) => (one.service in other ? tied(one) : one)),
      find: async (service: string) => (await stage.supervisor.find(service)).map(tied),
      inspect: async (id: string) => tied(await stage.supervisor.inspect(id)),
    });
    await stage.fire('cycle-a', 'cycle-b');
    await look(stage, 'cycle-a', 'cycle-b');
    expect([stage.of('cycle-a').status, stage.of('cycle-b').status]).toEqual(['queued', 'queued']);
    const begun = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    stage.hooks.beforeAct = () => {
      begun.resolve();
      return goOn.promise;
    };
    const first = run(stage, 'cycle-a');
    await begun.promise;
    await run(stage, 'cycle-b');
    expect(stage.of('cycle-b')).toMatchObject({ status: 'deferred', reason: 'action_in_progress' });
    goOn.resolve();
    await first;
    await look(stage, 'cycle-b');
    await run(stage, 'cycle-b');
    expect(order(stage)).toEqual(['cycle-a', 'cycle-b']);
  });

  test('is asked over all steps: trouble two below is the cause too', async () => {
    using stage = stageOf('below');
    await stage.fire('below-top', 'below-base');
    stage.advance(60_000);
    await look(stage, 'below-top');
    expect(stage.of('below-top')).toMatchObject({ status: 'deferred', reason: 'dependency_unhealthy' });
    await look(stage, 'below-base');
    expect(stage.of('below-base')).toMatchObject({ status: 'queued' });
  });

  test('an alert about it that is only pending counts', async () => {
    using stage = stageOf('pending');
    await stage.fire('pending-top');
    stage.advance(60_000);
    const { rules } = stage.scene;
    stage.scene.rules = async () => [
      ...(await rules()),
      { name: 'Soon', query: 'soon == 1', alerts: [{ alertname: 'Soon', service: 'pending-base' }] },
    ];
    await look(stage, 'pending-top');
    expect(stage.of('pending-top')).toMatchObject({ status: 'deferred', reason: 'dependency_unhealthy' });
  });

  test('an alert about it that says nothing about now holds nothing', async () => {
    using stage = stageOf('apart');
    await stage.fire('apart-top');
    stage.advance(60_000);
    const { rules, listed } = stage.scene;
    const labels = { alertname: 'Budget', service: 'apart-base', remediation: 'none' };
    stage.scene.rules = async () => [...(await rules()), { name: 'Budget', query: 'x', alerts: [labels] }];
    stage.scene.listed = async () => [...(await listed()), { labels }];
    await look(stage, 'apart-top');
    expect(stage.of('apart-top')).toMatchObject({ status: 'queued' });
  });

  test('Prometheus away: what may be pending is unknown, which blocks', async () => {
    using stage = stageOf('away');
    await stage.fire('away-top');
    stage.advance(60_000);
    stage.scene.before = (what) => {
      if (what === 'rules') throw new Error('away');
    };
    await look(stage, 'away-top');
    expect(stage.of('away-top')).toMatchObject({ status: 'deferred', reason: 'guard_unavailable' });
  });

  test('an alert of ours about it is none', async () => {
    using stage = stageOf('ours');
    await stage.fire('ours-top');
    stage.advance(60_000);
    const { listed } = stage.scene;
    stage.scene.listed = async () => [
      ...(await listed()),
      { labels: { alertname: 'RemediationEscalated', origin: 'alert-bot', service: 'ours-base' } },
    ];
    await look(stage, 'ours-top');
    expect(stage.of('ours-top').status).toBe('queued');
  });
});
