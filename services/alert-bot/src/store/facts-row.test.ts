import { expect, test } from 'vitest';
import { decide } from '../policy/decide.ts';
import { actingElsewhere, attempt, facts, incident, MINUTE, NOW, target } from '../policy/facts.fixture.ts';
import { factsRow } from './facts-row.ts';

// Each has parts that the others lack, so that nothing of the shape is lost unseen.
const kept = [
  facts(),
  facts({ playbook: null, ownStorm: { incidents: 12 } }),
  facts(target({ invalid: 'label alert-bot.enable="yes"' })),
  facts({ target: { found: 'many', ids: ['a', 'b'] } }),
  facts({ attempts: [attempt(MINUTE)], notCalledAt: NOW - 1 }, actingElsewhere(2, 3)),
  facts(incident({ escalated: { reason: 'quarantined', at: NOW } }), {
    circuit: { open: true, until: null },
    pauses: [{ by: 'ann', why: 'release', until: null, scope: 'all' }],
    maintenance: { name: 'nightly', until: NOW + MINUTE },
    clockJump: { by: -40_000, until: NOW + MINUTE },
    storm: { phase: 'held', began: NOW, incidents: 12, calmAt: NOW + MINUTE, before: ['2'] },
    replicas: [{ id: 'f', name: 'api-1', state: 'sick', startedAt: NOW, createdAt: null, startedByUs: true }],
    approval: {
      state: 'asked',
      step: 0,
      instances: [{ id: 'f', startedAt: NOW }],
      askedAt: NOW,
      expiresAt: NOW + MINUTE,
      by: null,
    },
  }),
];

test.each(kept)('G10: what a row keeps is all that decide saw: %#', (seen) => {
  const read = factsRow.parse(JSON.parse(JSON.stringify(seen)));
  expect(read).toEqual(seen);
  expect(decide(read, NOW)).toEqual(decide(seen, NOW));
});

test('G10: a row of a version that knew less is refused, not filled in', () => {
  const { replicas: _, ...older } = facts();
  expect(() => factsRow.parse(JSON.parse(JSON.stringify(older)))).toThrow(/replicas/);
});
