import { expect, test } from 'vitest';
import type { Decision } from '../domain/decision.ts';
import { FLEET_LIMITS, facts, NOW } from '../policy/facts.fixture.ts';
import type { Db } from '../store/db.ts';
import { escalationsOf } from '../store/escalations.ts';
import { holdIn } from '../store/storm-line.ts';
import { beginStorm, endStorm } from '../store/storms.ts';
import { again, anIncident, temporaryLog } from '../testing/log.ts';
import { applyDecision, closeIncident, escalate } from './conclude.ts';
import { stormFact } from './storm.ts';

const { calm } = FLEET_LIMITS.storm;

/** A storm of now, and an incident that began long before it. */
function aStorm(db: Db) {
  const own = anIncident(db, { target: null, service: null, playbook: null }, NOW);
  const id = beginStorm(db, own.id, NOW);
  return { id, own, old: anIncident(db, { target: 'supervisor:old' }, NOW - 3_600_000) };
}
const defer = (until: number): Decision => ({ kind: 'defer', reason: 'storm', until, also: [], guards: [] });

test('G6: a storm holds also what began long before it, and what it holds is its own', () => {
  using log = temporaryLog();
  const { own, old, id } = aStorm(log.db);
  const storm = stormFact(log.db, old, FLEET_LIMITS, NOW);
  expect(storm).toMatchObject({ phase: 'held', calmAt: NOW + calm, incidents: 0, before: [] });
  applyDecision(log.db, old, defer(NOW + calm), facts({ storm }), NOW);
  expect(again(log.db, old.id)).toMatchObject({ storm: id, status: 'deferred', nextLookAt: NOW + calm });
  expect(stormFact(log.db, old, FLEET_LIMITS, NOW)).toMatchObject({ incidents: 1 });
  // Its own incident is not held by it.
  expect(stormFact(log.db, own, FLEET_LIMITS, NOW)).toBeNull();
});

test('G6: the deadline of what it holds begins anew when it is released', () => {
  using log = temporaryLog();
  const { old } = aStorm(log.db);
  const seen = facts({ storm: stormFact(log.db, old, FLEET_LIMITS, NOW) });
  applyDecision(log.db, old, defer(NOW + calm), seen, NOW);
  const { deferAtMost = 0 } = seen.playbook?.limits ?? {};
  expect(again(log.db, old.id).deadline).toBe(NOW + calm + deferAtMost);
});

test('G6: released, the order is in the facts; a storm that is over is none', () => {
  using log = temporaryLog();
  const { id, old } = aStorm(log.db);
  const first = anIncident(log.db, { target: 'supervisor:first' }, NOW);
  for (const one of [old, first]) holdIn(log.db, id, one.id);
  expect(stormFact(log.db, first, FLEET_LIMITS, NOW + calm)).toMatchObject({
    phase: 'released',
    before: [String(old.id)],
  });
  expect(stormFact(log.db, old, FLEET_LIMITS, NOW + calm)).toMatchObject({ before: [] });
  endStorm(log.db, id, NOW);
  expect(stormFact(log.db, first, FLEET_LIMITS, NOW)).toBeNull();
});

// Each row: why a person gets it, whether the storm’s incident is still open, and whether it has a page of its own.
test.each([
  ['no_target', true, false],
  ['ambiguous_target', true, false],
  ['no_target', false, true],
  ['quarantined', true, true],
] as const)(
  'G6: an incident of a storm that ends as %s, its page there %s: a page of its own %s',
  (reason, open, paged) => {
    using log = temporaryLog();
    const { db } = log;
    const { id, own, old } = aStorm(db);
    holdIn(db, id, old.id);
    escalate(db, own, 'storm', NOW);
    if (!open) closeIncident(db, again(db, own.id), 'handed_over', {}, NOW);
    escalate(db, again(db, old.id), reason, NOW);
    expect(again(db, old.id)).toMatchObject({ status: 'escalated', escalated: { reason } });
    expect(escalationsOf(db, old.id)).toHaveLength(paged ? 1 : 0);
  },
);
