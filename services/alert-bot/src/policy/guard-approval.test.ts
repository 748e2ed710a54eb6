import { describe, expect, test } from 'vitest';
import type { ApprovalFact, Facts, ReplicaFact } from '../domain/facts.ts';
import { decide } from './decide.ts';
import { actingElsewhere, facts, limits, MINUTE, NOW, playbook, SECOND, target } from './facts.fixture.ts';
import { boundTo } from './guard-approval.ts';

const HALF_AN_HOUR = 30 * MINUTE;
const replica = (id: string, changes: Partial<ReplicaFact> = {}): ReplicaFact => ({
  id,
  name: id,
  state: 'healthy',
  startedAt: NOW - 60 * MINUTE,
  createdAt: NOW - 60 * MINUTE,
  startedByUs: false,
  ...changes,
});
const running = (...replicas: ReplicaFact[]): Partial<Facts> => ({ replicas });
const asks: Partial<Facts> = { playbook: playbook({ mode: 'approve' }) };
const approval = (changes: Partial<ApprovalFact> = {}): { approval: ApprovalFact } => ({
  approval: {
    state: 'asked',
    step: 0,
    instances: [{ id: 'a', startedAt: NOW - 60 * MINUTE }],
    askedAt: NOW - MINUTE,
    expiresAt: NOW + 29 * MINUTE,
    by: null,
    ...changes,
  },
});
const approved = (changes: Partial<ApprovalFact> = {}) =>
  approval({ state: 'approved', by: 'ada', ...changes });
const decided = (...changes: Partial<Facts>[]) => {
  const { guards: _, ...decision } = decide(facts(asks, running(replica('a')), ...changes), NOW);
  return decision;
};
const required = (until: number) => ({ kind: 'defer', reason: 'approval_required', until, also: [] });
const anew = required(NOW + HALF_AN_HOUR);

describe('mode approve', () => {
  test('G13: nothing is done before a person was asked', () => {
    expect(decided()).toEqual(anew);
  });

  test('G13: the label of the target asks for it too', () => {
    const decision = decide(facts(running(replica('a')), target({ mode: 'approve' })), NOW);
    expect(decision).toMatchObject(anew);
  });

  test('G13: who was asked has until the end of the question, however old the incident is', () => {
    expect(decided(approval())).toEqual(required(NOW + 29 * MINUTE));
    expect(decided(approval(), { incident: { ...facts().incident, deadline: NOW - MINUTE } })).toEqual(
      required(NOW + 29 * MINUTE),
    );
  });

  test('G13: what was approved late may still wait for its turn, and that wait ends too', () => {
    const old = { incident: { ...facts().incident, deadline: NOW - MINUTE } };
    const elsewhere = actingElsewhere(1);
    expect(decided(approved(), old, elsewhere)).toMatchObject({ kind: 'defer', reason: 'blast_radius' });
    const over = approved({ expiresAt: NOW - 15 * MINUTE });
    expect(decided(over, old, elsewhere)).toMatchObject({ kind: 'escalate', reason: 'waited_too_long' });
  });

  test('G13: a question that nobody answers goes to a person', () => {
    expect(decided(approval({ expiresAt: NOW + 1 }))).toEqual(required(NOW + 1));
    expect(decided(approval({ expiresAt: NOW }))).toEqual({
      kind: 'escalate',
      reason: 'approval_expired',
      also: [],
    });
  });

  test('G13: what was approved is done, and whoever approved it stands beside it', () => {
    const decision = decide(facts(asks, running(replica('a')), approved()), NOW);
    expect(decision).toMatchObject({ kind: 'act', reason: 'approved', step: 0, also: ['first_attempt'] });
    expect(decision.guards).toContainEqual({
      guard: 'approval',
      answer: 'allow',
      because: 'approved by ada',
    });
  });

  test('G13: every other guard is asked again after an approval', () => {
    const paused = { pauses: [{ by: 'ann', why: 'release', until: null, scope: 'all' }] };
    expect(decided(approved(), paused)).toEqual({ kind: 'defer', reason: 'paused', until: null, also: [] });
  });

  // Another container, another start of the same one, one more, one fewer: each is another question.
  test.each<[string, ReplicaFact[]]>([
    ['another container', [replica('b')]],
    ['restarted since', [replica('a', { startedAt: NOW - 50 * MINUTE })]],
    ['never started', [replica('a', { startedAt: null })]],
    ['one more', [replica('a'), replica('b')]],
    ['gone', []],
  ])('G13: %s: the approval does not count, and it is asked anew', (_, replicas) => {
    expect(decided(approved(), running(...replicas))).toEqual(anew);
  });

  test('G13: asked anew because of another container, the question ends when the first one did', () => {
    expect(decided(approval(), running(replica('b')))).toEqual(required(NOW + 29 * MINUTE));
    expect(decided(approval({ expiresAt: NOW }), running(replica('b')))).toMatchObject({
      reason: 'approval_expired',
    });
  });

  test('G13: an approval of one step is not one of the next', () => {
    expect(decided(approved({ step: 1 }))).toEqual(anew);
  });

  test('G13: modes act and observe ask nobody', () => {
    const mode = (mode: 'act' | 'observe') =>
      decided({ playbook: playbook({ ...asks.playbook, mode }) }).reason;
    expect([mode('act'), mode('observe')]).toEqual(['first_attempt', 'observe_only']);
  });

  test('the playbook says for how long it is asked', () => {
    const short = limits({ approveWithin: 7 * SECOND }).playbook;
    expect(decided({ playbook: { ...short, mode: 'approve' } })).toEqual(required(NOW + 7 * SECOND));
  });
});

describe('G13: an approval is bound to what would be acted on', () => {
  const instances = [{ id: 'a', startedAt: NOW - 60 * MINUTE }];
  test.each<[string, ReplicaFact[], boolean]>([
    ['the sick one of two', [replica('a', { state: 'sick' }), replica('b')], true],
    ['the other one is sick now', [replica('a'), replica('b', { state: 'sick' })], false],
    ['both would be restarted now', [replica('a'), replica('b')], false],
    // Somebody replaced the healthy one: that concerns nobody's answer.
    ['the healthy one was replaced', [replica('a', { state: 'sick' }), replica('c')], true],
  ])('%s', (_, replicas, same) => {
    expect(boundTo({ instances }, replicas)).toBe(same);
  });
});
