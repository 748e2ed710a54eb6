// The playbooks are read again while an incident is open (design §5).
import { afterAll, expect, test } from 'vitest';
import type { Playbook } from '../domain/playbook.ts';
import { decisionsOf } from '../store/decisions.ts';
import type { Stage } from '../testing/stage.ts';
import { bootStages } from '../testing/stages.ts';
import { consider } from './consider.ts';

const { end, stageOf } = await bootStages(['api']);
afterAll(end);

/** The incident is decided anew with its playbook changed. */
async function decideWith(stage: Stage, id: number, change: (playbook: Playbook) => Partial<Playbook>) {
  const file = stage.deps.playbooks();
  const playbooks = file.playbooks.map((playbook) => ({ ...playbook, ...change(playbook) }));
  await consider({ ...stage.deps, playbooks: () => ({ ...file, playbooks }) }, id);
  return decisionsOf(stage.db, id).at(-1);
}

test('G13: a mode that was made stricter holds for an open incident', async () => {
  using stage = stageOf('api');
  const id = await stage.fire();
  expect((await decideWith(stage, id, () => ({ mode: 'observe' })))?.decision.reason).toBe('observe_only');
});

test('an open incident keeps its ladder; its limits are those of now', async () => {
  using stage = stageOf('api');
  const id = await stage.fire();
  const ladder = stage.incident(id).steps;
  const decided = await decideWith(stage, id, ({ limits }) => ({
    steps: [{ kind: 'restart', timeout: 9_000, attempts: 9 }],
    limits: { ...limits, cooldown: 77_000 },
  }));
  expect(decided?.facts).toMatchObject({ playbook: { steps: ladder, limits: { cooldown: 77_000 } } });
});

test('a playbook that was taken out lets go of its incidents', async () => {
  using stage = stageOf('api');
  const id = await stage.fire();
  expect((await decideWith(stage, id, () => ({ name: 'another' })))?.decision.reason).toBe('no_playbook');
});
