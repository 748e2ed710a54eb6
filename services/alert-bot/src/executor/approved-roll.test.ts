// The log, the supervisor and its process are real; the instances of the service are made up, as the supervisor has one
// instance a process.
import { afterAll, expect, test } from 'vitest';
import { endQuestion, openQuestion } from '../decision/approval.ts';
import type { Instance } from '../domain/target.ts';
import { write } from '../store/db.ts';
import { bootStages } from '../testing/stages.ts';
import { runAttempt } from './attempt.ts';

const NAMES = ['all', 'fell-ill', 'replaced', 'restarted'];

const { end, stageOf } = await bootStages(NAMES);
afterAll(end);

const well: Partial<Instance> = { running: true, health: 'healthy' };
const unhealthy: Partial<Instance> = { running: true, health: 'unhealthy' };

/** A person approves an attempt on a service; something happens while the first instance is restarted. @returns the calls */
async function approvedRoll(
  name: string,
  states: Record<string, Partial<Instance>>,
  meanwhile: (states: Record<string, Partial<Instance>>) => unknown,
): Promise<string[]> {
  using stage = stageOf(name);
  for (const playbook of stage.file.playbooks) Object.assign(playbook, { mode: 'approve' });
  const { inspect } = stage.platform;
  const target = async () => {
    const real = await inspect(stage.target);
    const instances = Object.entries(states).flatMap(([id, state]) =>
      real.instances.slice(0, 1).map((one) => ({ ...one, id, name: id, ...state })),
    );
    return { ...real, instances };
  };
  const called: string[] = [];
  stage.platform.find = async () => [await target()];
  stage.platform.inspect = target;
  stage.platform.act = async (verb, id) => {
    called.push(`${verb} ${id}`);
    states[id] = { ...well, startedAt: stage.clock.now() };
    if (called.length === 1) meanwhile(states);
  };
  const id = await stage.queue();
  const question = openQuestion(stage.db, id);
  if (question === null) throw new Error('nothing is asked');
  const ada = { by: 'ada', why: 'go on' };
  await write(stage.db, () => endQuestion(stage.db, question, 'approved', ada, stage.clock.now()));
  await stage.consider(id);
  await runAttempt(stage.deps, id);
  expect(stage.incident(id).status).toBe('proving');
  return called;
}

test('G13: what was approved is done to every instance that it was asked about', async () => {
  expect(await approvedRoll('all', { a: well, b: well }, () => undefined)).toEqual([
    'restart a',
    'restart b',
  ]);
});

test('G13: an instance that falls ill in mid-roll was not asked about, and is left alone', async () => {
  const called = await approvedRoll('fell-ill', { a: unhealthy, b: well, c: unhealthy }, (states) => {
    states['b'] = unhealthy;
  });
  expect(called).toEqual(['restart a', 'restart c']);
});

test('G13: nor is the one that took the place of another', async () => {
  const called = await approvedRoll('replaced', { a: unhealthy, b: unhealthy, c: well }, (states) => {
    delete states['b'];
    states['new'] = unhealthy;
  });
  expect(called).toEqual(['restart a']);
});

test('G13: nor is another run of the same one', async () => {
  const called = await approvedRoll('restarted', { a: unhealthy, b: unhealthy, c: well }, (states) => {
    states['b'] = { ...unhealthy, startedAt: 1 };
  });
  expect(called).toEqual(['restart a']);
});
