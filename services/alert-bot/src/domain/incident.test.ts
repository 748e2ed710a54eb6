import { expect, test } from 'vitest';
import { assertTransition, mayBecome, OUTCOMES, STATUSES, type Status } from './incident.ts';

// Design §4, "Incident status", copied as it stands there.
const DESIGN: Record<string, string> = {
  new: 'deferred, awaiting_approval, queued, acting, proving, lost, escalated, closed',
  deferred: 'queued, awaiting_approval, proving, escalated, closed',
  awaiting_approval: 'queued, deferred, escalated, closed',
  queued: 'acting, deferred, proving, escalated, closed',
  acting: 'proving, queued, deferred, escalated, lost',
  proving: 'closed, queued, deferred, escalated',
  lost: 'escalated',
  escalated: 'closed, queued',
  closed: '',
};

const pairs = STATUSES.flatMap((from) => STATUSES.map((to): [Status, Status] => [from, to]));

test('the statuses are those of the design', () => {
  expect([...STATUSES].sort()).toEqual(Object.keys(DESIGN).sort());
  expect([...OUTCOMES].sort()).toEqual(['dismissed', 'handed_over', 'healed', 'recovered']);
});

test.each(pairs)('%s → %s as in the design', (from, to) => {
  const allowed = (DESIGN[from] ?? '').split(', ').includes(to);
  expect(mayBecome(from, to)).toBe(allowed);
  if (allowed) expect(() => assertTransition(from, to)).not.toThrow();
  else expect(() => assertTransition(from, to)).toThrow(`an incident cannot go from ${from} to ${to}`);
});

test('G10: every incident can come to its end', () => {
  const reachable = new Set<Status>(['closed']);
  for (const _ of STATUSES)
    for (const from of STATUSES) if ([...reachable].some((to) => mayBecome(from, to))) reachable.add(from);
  expect([...reachable].sort()).toEqual([...STATUSES].sort());
});
