// The log, the supervisor and its processes are real; Alertmanager is a small HTTP server; the clock is moved.

import { afterAll, describe, expect, test } from 'vitest';
import { fingerprint } from '../domain/alert.ts';
import { write } from '../store/db.ts';
import { episodesOf, openEpisodeOf } from '../store/episodes.ts';
import { openEpisodes, openIncidents } from '../testing/log.ts';
import type { Stage } from '../testing/stage.ts';
import { bootStages } from '../testing/stages.ts';
import { endEpisode, triageAlert } from '../triage/triage.ts';
import { sweep } from './sweep.ts';

const { end, stageOf } = await bootStages(['api']);
afterAll(end);

const SECOND = 1_000;

/** Alertmanager does not have the alert (any more). */
const absent = (stage: Stage) => {
  stage.scene.listed = () => [];
};
const away = (stage: Stage) => {
  stage.scene.before = () => {
    throw new Error('away');
  };
};
const closedBy = (stage: Stage, id: number) => episodesOf(stage.db, id).at(-1)?.closedBy;

describe('what comes while a reading is compared', () => {
  test('an alert that ends meanwhile is not opened again from the older reading', async () => {
    using stage = stageOf('api');
    const id = await stage.fire();
    stage.scene.listed = () => [{ labels: stage.labels }];
    const open = () => openEpisodeOf(stage.db, fingerprint(stage.labels));
    const breathe = async () => {
      const episode = open();
      if (episode !== undefined)
        await write(stage.db, () => endEpisode(stage.db, episode, 'resolved', stage.deps.now()));
    };
    await sweep({ ...stage.deps, breathe });
    expect(closedBy(stage, id)).toBe('resolved');
    expect(open()).toBeUndefined();
  });

  test('an alert that begins meanwhile is not missing for that', async () => {
    using stage = stageOf('api');
    absent(stage);
    let id = 0;
    const breathe = async () => {
      id ||= await stage.fire();
    };
    await stage.fire({ labels: { alertname: 'Other', service: 'api' }, fingerprint: 'other' });
    await sweep({ ...stage.deps, breathe });
    expect(episodesOf(stage.db, id).map(({ absentSince }) => absentSince)).toContain(null);
  });
});

describe('absent alerts', () => {
  test('two readings 30 s apart close an episode, one does not', async () => {
    using stage = stageOf('api');
    const id = await stage.fire();
    absent(stage);
    await sweep(stage.deps);
    stage.clock.advance(29 * SECOND);
    await sweep(stage.deps);
    expect(closedBy(stage, id)).toBeNull();
    stage.clock.advance(2 * SECOND);
    await sweep(stage.deps);
    expect(closedBy(stage, id)).toBe('absent');
  });

  test('an alert that is seen in between is not absent', async () => {
    using stage = stageOf('api');
    const id = await stage.fire();
    absent(stage);
    await sweep(stage.deps);
    stage.clock.advance(31 * SECOND);
    stage.scene.listed = () => [{ labels: stage.labels }];
    await sweep(stage.deps);
    absent(stage);
    await sweep(stage.deps);
    expect(closedBy(stage, id)).toBeNull();
  });

  test.each(['silenced', 'inhibited'] as const)('a %s alert is not absent', async (state) => {
    using stage = stageOf('api');
    const id = await stage.fire();
    absent(stage);
    await sweep(stage.deps);
    stage.clock.advance(31 * SECOND);
    stage.scene.listed = () => [{ labels: stage.labels, state }];
    await sweep(stage.deps);
    expect(closedBy(stage, id)).toBeNull();
  });

  test('an Alertmanager that is up for less than 90 s does not know what is absent', async () => {
    using stage = stageOf('api');
    const id = await stage.fire();
    const startedAt = stage.clock.now();
    stage.scene.startedAt = () => startedAt;
    absent(stage);
    for (let up = 0; up < 90; up += 31) {
      await sweep(stage.deps);
      stage.clock.advance(31 * SECOND);
    }
    expect(episodesOf(stage.db, id)).toMatchObject([{ closedAt: null, absentSince: null }]);
    await sweep(stage.deps);
    expect(closedBy(stage, id)).toBeNull();
    stage.clock.advance(31 * SECOND);
    await sweep(stage.deps);
    expect(closedBy(stage, id)).toBe('absent');
  });

  test('an Alertmanager that is away closes nothing, however long', async () => {
    using stage = stageOf('api');
    const id = await stage.fire();
    absent(stage);
    await sweep(stage.deps);
    away(stage);
    stage.clock.advance(3_600 * SECOND);
    expect(await sweep(stage.deps)).toBeNull();
    expect(closedBy(stage, id)).toBeNull();
  });
});

describe('missed deliveries', () => {
  test('an alert that was never delivered opens an incident, once', async () => {
    using stage = stageOf('api');
    await sweep(stage.deps);
    await sweep(stage.deps);
    expect(openEpisodes(stage.db)).toMatchObject([{ labels: stage.labels, source: 'alertmanager' }]);
    expect(openIncidents(stage.db)).toMatchObject([{ status: 'new', target: 'supervisor:api' }]);
  });

  test.each([
    ['silenced', { alertname: 'Broken', service: 'api' }, 'silenced'],
    ['inhibited', { alertname: 'Broken', service: 'api' }, 'inhibited'],
    ['of the bot itself', { alertname: 'Broken', service: 'api', origin: 'alert-bot' }, 'active'],
    ['the heartbeat', { alertname: 'Watchdog', service: 'api' }, 'active'],
    ['without a playbook', { alertname: 'Broken', service: 'web' }, 'active'],
  ] as const)('not one that is %s', async (_, labels, state) => {
    using stage = stageOf('api');
    stage.scene.listed = () => [{ labels, state }];
    await sweep(stage.deps);
    expect(openIncidents(stage.db)).toEqual([]);
  });
});

describe('alerts sent by hand', () => {
  const byHand = (stage: Stage) => {
    const context = { ...stage.file, targetId: stage.supervisor.targetId };
    return write(stage.db, () => triageAlert(stage.db, context, stage.alert, 'manual', stage.clock.now()));
  };

  test.each(['there', 'away'])('end after 5 minutes, with Alertmanager %s', async (where) => {
    using stage = stageOf('api');
    absent(stage);
    if (where === 'away') away(stage);
    const { incident = 0 } = await byHand(stage);
    stage.clock.advance(299 * SECOND);
    await sweep(stage.deps);
    expect(closedBy(stage, incident)).toBeNull();
    stage.clock.advance(2 * SECOND);
    await sweep(stage.deps);
    expect(closedBy(stage, incident)).toBe('expired');
  });

  test('one that Alertmanager has as well goes on as its own', async () => {
    using stage = stageOf('api');
    const { incident = 0 } = await byHand(stage);
    stage.clock.advance(301 * SECOND);
    await sweep(stage.deps);
    expect(episodesOf(stage.db, incident)).toMatchObject([
      { source: 'manual', closedBy: 'expired' },
      { source: 'alertmanager', closedBy: null },
    ]);
    expect(openEpisodeOf(stage.db, fingerprint(stage.labels))?.source).toBe('alertmanager');
  });
});
