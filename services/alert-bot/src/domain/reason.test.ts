import { describe, expect, test } from 'vitest';
import { type Choice, type Decision, sameDecision } from './decision.ts';
import { explain, PERSONS_STOPS, REASONS } from './reason.ts';

// Design §4, "Decision reasons", copied as it stands there.
const DESIGN = {
  act: 'first_attempt retry next_step approved trial',
  defer: `cooldown backoff action_in_progress settle dependency_unhealthy storm blast_radius
    last_healthy_replica maintenance paused silenced inhibited deploying already_restarted clock_jump
    guard_unavailable approval_required`,
  skip: 'no_playbook not_opted_in protected observe_only',
  escalate: `budget_exhausted quarantined steps_exhausted action_failed target_down target_gone no_target
    ambiguous_target unproven not_healed lost approval_expired waited_too_long storm recurring internal_error`,
};

describe('the closed list of reasons', () => {
  test.each(['act', 'defer', 'skip', 'escalate'] as const)('G10: to %s, as in the design', (kind) => {
    expect([...REASONS[kind]].sort()).toEqual(DESIGN[kind].split(/\s+/).sort());
    expect(new Set(REASONS[kind]).size).toBe(REASONS[kind].length);
  });

  test.each([...new Set(Object.values(REASONS).flat())])('G10: %s has a sentence for a person', (reason) => {
    expect(explain(reason)).toMatch(/^[A-Z].{15,}\.$/);
    expect(explain(reason)).not.toContain('_');
  });

  test('G10: no two reasons have the same sentence', () => {
    const reasons = [...new Set(Object.values(REASONS).flat())];
    expect(new Set(reasons.map(explain)).size).toBe(reasons.length);
  });

  test('G13: what a person asked for may last, and nothing else', () => {
    expect([...PERSONS_STOPS].sort()).toEqual(['inhibited', 'maintenance', 'paused', 'silenced']);
  });
});

describe('sameDecision', () => {
  const decided = (choice: Choice, changes: Partial<Decision> = {}): Decision =>
    Object.assign({ also: [], guards: [] }, choice, changes);
  const wait: Choice = { kind: 'defer', reason: 'paused', until: 5 };
  test.each<[name: string, a: Decision, b: Decision, same: boolean]>([
    ['the same wait', decided(wait), decided(wait), true],
    ['another end of the wait', decided(wait), decided({ ...wait, until: 6 }), false],
    ['no end of the wait any more', decided(wait), decided({ ...wait, until: null }), false],
    ['another reason', decided(wait), decided({ ...wait, reason: 'silenced' }), false],
    // `storm` is a reason of two kinds.
    [
      'another kind',
      decided({ kind: 'defer', reason: 'storm', until: null }),
      decided({ kind: 'escalate', reason: 'storm' }),
      false,
    ],
    [
      'the same skip',
      decided({ kind: 'skip', reason: 'protected' }),
      decided({ kind: 'skip', reason: 'protected' }),
      true,
    ],
    // What holds beside it and the numbers of the guards come and go without being news.
    [
      'other guards',
      decided(wait),
      decided(wait, { also: ['quarantined'], guards: [{ guard: 'a', answer: 'block', because: 'b' }] }),
      true,
    ],
  ])('G10: %s', (_, a, b, same) => {
    expect(sameDecision(a, b)).toBe(same);
    expect(sameDecision(b, a)).toBe(same);
  });
});
