import { expect, test } from 'vitest';
import { fingerprint } from '../domain/alert.ts';
import { PlatformError } from '../domain/platform.ts';
import type { AlertReading } from '../domain/signals.ts';
import type { Target } from '../domain/target.ts';
import { write } from '../store/db.ts';
import { closeEpisode, openEpisode, openEpisodeIds } from '../store/episodes.ts';
import { keepObservations, observationsAfter } from '../store/observations.ts';
import { pruneObservations } from '../store/retention.ts';
import { anAlert, anIncident, NOON, temporaryLog } from '../testing/log.ts';
import { recordObservations } from './record.ts';

const api: Target = {
  id: 'supervisor:api',
  service: 'api',
  labels: { 'alert-bot.enable': 'true', 'com.docker.compose.project': 'shop' },
  instances: [
    {
      ...{ id: 'api-1', name: 'api-1', running: true, createdAt: null, startedAt: NOON, finishedAt: null },
      ...{
        restartCount: 0,
        exitCode: null,
        atRest: null,
        health: 'healthy',
        healthDetail: 'GET /livez: 200',
      },
    },
  ],
  dependsOn: [],
  protectedBecause: null,
};
const labels = { alertname: 'HighErrorRate', service: 'api' };

/** Ports that answer with what stands in `world`, and a clock that is set by hand. */
function stage() {
  const log = temporaryLog();
  const world = {
    now: NOON,
    target: api,
    fails: null as PlatformError | null,
    alerts: new Map() as AlertReading['alerts'],
  };
  const ask = async <T>(answer: () => T): Promise<T> => {
    if (world.fails !== null) throw world.fails;
    return answer();
  };
  const ports = recordObservations(
    {
      platform: {
        name: 'test',
        targetId: (service) => `supervisor:${service}`,
        find: () => ask(() => [world.target]),
        list: () => ask(() => [world.target]),
        inspect: () => ask(() => world.target),
        act: () => ask(() => undefined),
        logs: async () => '',
      },
      alertmanager: {
        read: async (at) => ({ at, alerts: world.alerts, uptime: 3_600_000, failures: [] }),
        send: async () => [],
      },
      prometheus: {
        rules: async () => [],
        value: async () => 0,
        series: async () => [],
        samples: async () => [],
      },
    },
    { db: log.db, now: () => world.now },
  );
  return {
    ...ports,
    log,
    world,
    kept: () => {
      keepObservations(log.db);
      return observationsAfter(log.db, 0, 1_000);
    },
    [Symbol.dispose]: () => log[Symbol.dispose](),
  };
}

test('the same answer is one row, however often it is given; another one is another row', async () => {
  using at = stage();
  for (let i = 0; i < 100; i++) {
    await at.platform.inspect('supervisor:api');
    at.world.now += 1_000;
  }
  expect(at.kept()).toHaveLength(1);
  at.world.target = { ...api, instances: api.instances.map((one) => ({ ...one, health: 'unhealthy' })) };
  await at.platform.inspect('supervisor:api');
  const [, second] = at.kept();
  // From the last time on at which it was as before, it may have been as now.
  expect(second).toMatchObject({ kind: 'target', at: NOON + 100_000, since: NOON + 99_000 });
  expect(second?.value).toContain('unhealthy');
});

test('what no decision looks at makes no row: other labels, and what the health check printed', async () => {
  using at = stage();
  await at.platform.inspect('supervisor:api');
  at.world.target = {
    ...api,
    instances: api.instances.map((one) => ({ ...one, healthDetail: 'GET /livez: 200 again' })),
  };
  await at.platform.inspect('supervisor:api');
  const rows = at.kept();
  expect(rows).toHaveLength(1);
  expect(rows[0]?.value).not.toContain('compose');
});

test('nothing is written by itself: it rides with the next transaction that writes a decision, a status or a proof', async () => {
  using at = stage();
  await at.platform.inspect('supervisor:api');
  const count = () => at.log.db.prepare('SELECT count(*) FROM observations').pluck().get();
  await write(at.log.db, () => at.log.db.prepare('SELECT 1').get());
  expect(count()).toBe(0);
  await write(at.log.db, () => keepObservations(at.log.db));
  expect(count()).toBe(1);
});

test('what a transaction wrote that was undone is written with the next one', async () => {
  using at = stage();
  await at.platform.inspect('supervisor:api');
  const undone = write(at.log.db, () => {
    keepObservations(at.log.db);
    throw new Error('undone');
  });
  await expect(undone).rejects.toThrow('undone');
  at.world.fails = new PlatformError('unavailable', 'it is away');
  await expect(at.platform.inspect('supervisor:api')).rejects.toThrow('it is away');
  expect(at.kept().map(({ value }) => value)).toEqual([
    expect.stringContaining('"service":"api"'),
    '{"error":"it is away","code":"unavailable"}',
  ]);
});

test('a call is kept with what the platform said, each time', async () => {
  using at = stage();
  await at.platform.act('restart', 'api-1', 1_000, 5_000);
  at.world.fails = new PlatformError('refused', 'no');
  await expect(at.platform.act('restart', 'api-1', 1_000, 5_000)).rejects.toThrow('no');
  expect(at.kept().map(({ kind, value }) => [kind, JSON.parse(value)])).toEqual([
    ['call', { verb: 'restart', from: NOON }],
    ['call', { verb: 'restart', from: NOON, error: 'no', code: 'refused' }],
  ]);
});

test('an alert that was not delivered is kept whole, and its end in a few words', async () => {
  using at = stage();
  const alert = {
    labels,
    annotations: {},
    startsAt: NOON,
    generatorURL: '',
    endsAt: null,
    status: 'firing' as const,
  };
  const print = fingerprint(labels);
  at.world.alerts = new Map([
    [print, { ...alert, fingerprint: print, state: 'active' as const, suppressedBy: [] }],
  ]);
  await at.alertmanager.read(NOON);
  at.world.alerts = new Map();
  await at.alertmanager.read(NOON);
  const rows = at.kept().filter(({ kind }) => kind === 'alert');
  expect(rows.map(({ value }) => JSON.parse(value))).toEqual([
    { state: 'active', more: { labels, annotations: {}, startsAt: NOON, generatorURL: '' } },
    { state: 'absent' },
  ]);
});

test('what a delivery says otherwise is written again where Alertmanager still says the same', async () => {
  using at = stage();
  const { db } = at.log;
  const alert = anAlert({ fingerprint: fingerprint(labels), labels });
  const there = new Map([[alert.fingerprint, { ...alert, state: 'active' as const, suppressedBy: [] }]]);
  const read = async (alerts: AlertReading['alerts']) => {
    at.world.now += 1_000;
    at.world.alerts = alerts;
    await at.alertmanager.read(at.world.now);
  };
  const { id } = anIncident(db);
  const deliver = () => {
    at.world.now += 1_000;
    openEpisode(db, alert, 'alertmanager', id, at.world.now);
    return openEpisodeIds(db)[0] ?? 0;
  };
  const first = deliver();
  await read(there);
  await read(new Map());
  closeEpisode(db, first, 'resolved', at.world.now);
  // It comes late, and is not there: told once more, and not at each reading.
  const late = deliver();
  for (let i = 0; i < 3; i++) await read(new Map());
  closeEpisode(db, late, 'proven', at.world.now);
  // It fires, is delivered as over, and is there all the same.
  const third = deliver();
  await read(there);
  closeEpisode(db, third, 'resolved', at.world.now + 1_000);
  at.world.now += 1_000;
  for (let i = 0; i < 3; i++) await read(there);
  const rows = at.kept().filter(({ kind }) => kind === 'alert');
  expect(rows.map(({ at: when, value }) => `${(when - NOON) / 1_000} ${value.slice(10, 16)}`)).toEqual([
    '2 active',
    '3 absent',
    '5 absent',
    '9 active',
    '11 active',
  ]);
});

test('the same answer is written again after a day, so that retention leaves one', async () => {
  using at = stage();
  await at.platform.inspect('supervisor:api');
  at.world.now += 24 * 3_600_000;
  await at.platform.inspect('supervisor:api');
  expect(at.kept()).toHaveLength(2);
  expect(pruneObservations(at.log.db, at.world.now)).toBe(1);
  expect(pruneObservations(at.log.db, at.world.now)).toBe(0);
  expect(at.kept()).toHaveLength(1);
});
