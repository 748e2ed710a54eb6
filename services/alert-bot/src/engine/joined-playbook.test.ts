// An alert joins the open incident of its target, also where it has a playbook of its own.
import { afterAll, expect, test } from 'vitest';
import { escalate } from '../decision/conclude.ts';
import { fingerprint } from '../domain/alert.ts';
import { write } from '../store/db.ts';
import { eventsOf } from '../store/events.ts';
import { listIncidents } from '../store/incidents.ts';
import type { Stage } from '../testing/stage.ts';
import { bootStages } from '../testing/stages.ts';
import { consider, reconsider } from './consider.ts';

const { end, stageOf: bareStageOf } = await bootStages(['api']);
afterAll(end);

/** A bot that only watches one alert of a service and acts upon the other. */
function stageOf() {
  const stage = bareStageOf('api');
  const labels = { alertname: 'Slow', service: 'api' };
  const watches = stage.file.playbooks.map((one) => ({
    ...one,
    name: 'watch',
    mode: 'observe' as const,
    matches: (of: Readonly<Record<string, string>>) => of['alertname'] === 'Slow',
  }));
  stage.file.playbooks = [...watches, ...stage.file.playbooks];
  stage.scene.listed = () => [{ labels }, { labels: stage.labels }];
  return { stage, slow: { labels, fingerprint: fingerprint(labels) } };
}

const incidents = ({ db }: Stage) =>
  listIncidents(db, {}, 10)
    .map(({ id, playbook, outcome }) => ({ id, playbook, outcome }))
    .reverse();

test('an alert that joined one that is only watched is acted upon by its own playbook', async () => {
  const { stage: held, slow } = stageOf();
  using stage = held;
  const watched = await stage.fire(slow);
  expect(await stage.fire()).toBe(watched);
  await consider(stage.deps, watched);
  expect(incidents(stage)).toEqual([
    { id: watched, playbook: 'watch', outcome: 'dismissed' },
    { id: watched + 1, playbook: 'restart', outcome: null },
  ]);
  await consider(stage.deps, watched + 1);
  expect(stage.incident(watched + 1).status).toBe('queued');
  await reconsider(stage.deps, watched);
  expect(incidents(stage)).toHaveLength(2);
});

test('what a person has keeps its alerts, whatever becomes of its playbook', async () => {
  const { stage: held } = stageOf();
  using stage = held;
  const id = await stage.fire();
  await write(stage.db, () => escalate(stage.db, stage.incident(id), 'lost', stage.clock.now()));
  stage.file.playbooks = stage.file.playbooks.map((one) => ({ ...one, name: `${one.name}-renamed` }));
  const before = eventsOf(stage.db, id);
  await consider(stage.deps, id);
  expect(eventsOf(stage.db, id)).toEqual(before);
  expect(incidents(stage)).toHaveLength(1);
});

test('one that was left there is, too, once it repeats', async () => {
  const { stage: held, slow } = stageOf();
  using stage = held;
  const all = stage.file.playbooks;
  const watched = await stage.fire(slow);
  await stage.fire();
  stage.file.playbooks = all.slice(0, 1);
  await consider(stage.deps, watched);
  stage.file.playbooks = all;
  expect(incidents(stage)).toHaveLength(1);
  await reconsider(stage.deps, watched);
  expect(incidents(stage)[1]).toEqual({ id: watched + 1, playbook: 'restart', outcome: null });
});
