import { expect, test } from 'vitest';
import type { Decision } from '../domain/decision.ts';
import type { StormFact } from '../domain/facts.ts';
import type { Reason } from '../domain/reason.ts';
import { decide } from './decide.ts';
import { FLEET_LIMITS, facts, incident, MINUTE, NOW, playbook, SECOND } from './facts.fixture.ts';
import { lookAtHeldAfter, paceOf, phaseOf, releaseAt, standsInLine } from './storm.ts';

const CALM = 2 * MINUTE;
const since = (lastIncidentAt: number, releasedAt: number | null = null, heldSince = NOW - 5 * MINUTE) => ({
  ...{ lastIncidentAt, releasedAt, heldSince },
});

// Each row: when the last new trouble came, when a person released it, and what that makes of it now.
test.each([
  [since(NOW), 'held', NOW + CALM],
  [since(NOW - CALM + 1), 'held', NOW + 1],
  [since(NOW - CALM), 'released', NOW],
  [since(NOW, NOW), 'released', NOW],
  // New ones come all the time: it is held for ten times `calm` at most.
  [since(NOW, null, NOW - 10 * CALM + 1), 'held', NOW + 1],
  [since(NOW, null, NOW - 10 * CALM), 'released', NOW],
] as const)('G6: a storm is held until it is calm, or released by hand: %o', (storm, phase, at) => {
  expect(phaseOf(storm, CALM, NOW)).toBe(phase);
  expect(releaseAt(storm, CALM)).toBe(at);
});

const defer = (reason: Extract<Decision, { kind: 'defer' }>['reason'], ...also: Reason[]): Decision => ({
  kind: 'defer',
  reason,
  until: null,
  also,
  guards: [],
});

// Each row: what was decided, and whether others wait for it.
test.each<[Decision, boolean]>([
  [{ kind: 'act', reason: 'first_attempt', step: 0, also: [], guards: [] }, true],
  [defer('storm'), true],
  [defer('blast_radius'), true],
  [defer('storm', 'action_in_progress', 'blast_radius'), true],
  [defer('storm', 'cooldown'), false],
  [defer('storm', 'dependency_unhealthy'), false],
  [defer('storm', 'no_target'), false],
  [defer('cooldown'), false],
  [defer('silenced', 'storm'), false],
  [defer('approval_required'), false],
  [{ kind: 'escalate', reason: 'quarantined', also: ['storm'], guards: [] }, false],
  [{ kind: 'skip', reason: 'observe_only', also: [], guards: [] }, false],
])('G6: who could not go anyway does not hold up the line: %o', (decision, stands) => {
  expect(standsInLine(decision)).toBe(stands);
});

test.each([
  [3, 1],
  [1, 1],
  [10, 5],
])('G6: a released storm goes at half of limits.targets: of %i, %i', (count, targets) => {
  const limits = { ...FLEET_LIMITS, targets: { ...FLEET_LIMITS.targets, count } };
  expect(paceOf(limits)).toEqual({ targets, per: 10 * MINUTE });
});

test('G10: the incident of a storm itself has a decision, which says why a person is told', () => {
  expect(decide(facts({ playbook: null, ownStorm: { incidents: 12 } }), NOW)).toMatchObject({
    kind: 'escalate',
    reason: 'storm',
    guards: [{ guard: 'storm', answer: 'block', because: '12 incidents, 10 within 1m are a storm' }],
  });
});

test('G6: the more a storm holds, the more seldom each is looked at', () => {
  expect([0, 1, 10, 1_000].map(lookAtHeldAfter)).toEqual([5_000, 6_000, 15_000, 60_000]);
});

const storm = (change: Partial<StormFact> = {}): { storm: StormFact } => ({
  storm: {
    phase: 'held',
    began: NOW - MINUTE,
    incidents: 12,
    calmAt: NOW + MINUTE,
    before: [],
    ...change,
  },
});

test('G6: while a storm is held everything waits for its end', () => {
  expect(decide(facts(storm()), NOW)).toMatchObject({ kind: 'defer', reason: 'storm', until: NOW + MINUTE });
});

test('G6: released, one waits for those before it and the next goes', () => {
  const waits = decide(facts(storm({ phase: 'released', before: ['7', '9'] })), NOW);
  expect(waits).toMatchObject({ kind: 'defer', reason: 'storm', until: null });
  expect(waits.guards.find(({ guard }) => guard === 'storm')?.because).toBe(
    'released one at a time: incident 7 and 1 more first',
  );
  expect(decide(facts(storm({ phase: 'released' })), NOW)).toMatchObject({ kind: 'act' });
});

test('G6: what a storm holds does not end as waited_too_long', () => {
  const late = incident({ status: 'deferred', openedAt: NOW - 60 * MINUTE, deadline: NOW - SECOND });
  expect(decide(facts(storm(), late), NOW)).toMatchObject({ kind: 'defer', reason: 'storm' });
});

test('G6: in mode observe a storm holds nothing and tells nobody', () => {
  const observe = { playbook: playbook({ mode: 'observe' }) };
  expect(decide(facts(storm(), observe), NOW)).toMatchObject({ kind: 'skip', reason: 'observe_only' });
});

test('G13: a person’s stop goes before a storm', () => {
  const pauses = [{ by: 'somebody', why: '', until: null, scope: 'all' }];
  const decision = decide(facts(storm(), { pauses }), NOW);
  expect(decision).toMatchObject({ kind: 'defer', reason: 'paused', also: ['storm'] });
});
