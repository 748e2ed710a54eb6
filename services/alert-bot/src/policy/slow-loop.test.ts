import { expect, test } from 'vitest';
import { decide } from './decide.ts';
import { attempt, facts, HOUR, MINUTE, NOW, target } from './facts.fixture.ts';

/** Restarts that helped, each an incident of its own, so many hours apart, the last one an hour and more ago. */
const helped = (count: number, apart: number, last = 2 * HOUR) =>
  Array.from({ length: count }, (_, i) =>
    attempt(last + (count - 1 - i) * apart, { incident: `earlier-${i}` }),
  );

// The defaults: 3 per 30m, 6 per 24h.
test('G4: a loop too slow for the short budget ends by the long one', () => {
  expect(decide(facts({ attempts: helped(5, 4 * HOUR) }), NOW)).toMatchObject({ kind: 'act' });
  const decision = decide(facts({ attempts: helped(6, 4 * HOUR) }), NOW);
  expect(decision).toMatchObject({ kind: 'escalate', reason: 'budget_exhausted' });
  expect(decision.guards.find(({ guard }) => guard === 'budget')?.because).toContain('6 per 1d used up');
});

test('G4: what is a day old is free again, and no moment before', () => {
  const six = (last: number) => facts({ attempts: helped(6, 4 * HOUR, last) });
  expect(decide(six(4 * HOUR), NOW)).toMatchObject({ kind: 'act', reason: 'first_attempt' });
  expect(decide(six(4 * HOUR - 1), NOW)).toMatchObject({ reason: 'budget_exhausted' });
});

test('G4: a label of the target only narrows: its own long budget holds beside the others', () => {
  const own = target({ budget: { attempts: 2, per: 12 * HOUR } });
  expect(decide(facts(own, { attempts: helped(1, HOUR) }), NOW)).toMatchObject({ kind: 'act' });
  expect(decide(facts(own, { attempts: helped(2, HOUR) }), NOW)).toMatchObject({
    kind: 'escalate',
    reason: 'budget_exhausted',
  });
  const wider = target({ budget: { attempts: 99, per: MINUTE } });
  expect(decide(facts(wider, { attempts: helped(6, 4 * HOUR) }), NOW).reason).toBe('budget_exhausted');
});
