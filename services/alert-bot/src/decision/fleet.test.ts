import { expect, test } from 'vitest';
import type { Target } from '../domain/target.ts';
import { again, anIncident, temporaryLog } from '../testing/log.ts';
import { noteDepth } from './fleet.ts';

const target = (id: string, ...dependsOn: string[]): Target => ({
  id,
  service: id,
  labels: {},
  dependsOn: dependsOn.map((on) => ({ id: on, condition: 'healthy' })),
  protectedBecause: null,
  instances: [],
});

test('G6: how deep a target stands is kept where the platform does not say it, so that it keeps its place', () => {
  using log = temporaryLog();
  const { db } = log;
  const { id } = anIncident(db, { target: 'api' });
  noteDepth(db, again(db, id), { targets: [target('api', 'db'), target('db')] });
  expect(again(db, id).depth).toBe(1);
  // The second is what there is of a list where the target itself could not be asked for.
  for (const listed of [{ unknown: 'away' }, { targets: [] }]) noteDepth(db, again(db, id), listed);
  expect(again(db, id).depth).toBe(1);
  noteDepth(db, again(db, id), { targets: [target('api')] });
  expect(again(db, id).depth).toBe(0);
});
