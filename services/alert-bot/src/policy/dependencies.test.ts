import { expect, test } from 'vitest';
import type { DependencyFacts } from '../domain/facts.ts';
import { decide } from './decide.ts';
import { dependenciesAllow } from './dependencies.ts';
import { facts, incident, limits, MINUTE, NOW, playbook, SECOND } from './facts.fixture.ts';

const OPENED = NOW - MINUTE;
const LETS_GO = 70 * SECOND;
const SETTLE = 5 * SECOND;
type State = DependencyFacts['all'][number]['state'];

const db = (state: State, changes: Partial<DependencyFacts> = {}): DependencyFacts => ({
  all: [{ id: 'docker:service:shop/postgres', inCycle: false, state }],
  unwellAt: null,
  targetStartedAt: NOW - 60 * MINUTE,
  letsGoAfter: LETS_GO,
  ...changes,
});

const HOURS_AGO = NOW - 120 * MINUTE;

// Each row: what is known of the dependency, and what follows.
test.for<[string, DependencyFacts, string]>([
  ['nothing is depended on', { ...db({ wellSince: 0 }), all: [] }, 'allow'],
  ['well for hours', db({ wellSince: HOURS_AGO }), 'allow'],
  ['not running', db({ unwell: 'postgres is not running' }), 'unwell'],
  ['cannot be asked', db({ unknown: 'the engine does not answer' }), 'unknown'],
  // Members of a cycle do not wait for each other.
  [
    'unwell, and depends on the target in turn',
    { ...db({ wellSince: 0 }), all: [{ id: 'supervisor:b', inCycle: true, state: { unwell: 'is down' } }] },
    'allow',
  ],
  // The rule still looks back at the outage: a restart now would be for the database's sake.
  ['came back half a minute ago', db({ wellSince: NOW - 30 * SECOND }), 'settle'],
  ['came back long enough ago', db({ wellSince: NOW - LETS_GO - SETTLE }), 'allow'],
  ['was seen unwell a moment ago', db({ wellSince: HOURS_AGO }, { unwellAt: NOW - SECOND }), 'settle'],
  [
    'started just now, but before the target itself: the whole stack came up',
    db({ wellSince: NOW - 40 * SECOND }, { targetStartedAt: NOW - 30 * SECOND }),
    'allow',
  ],
])('G7: %s', ([, dependencies, answer]) => {
  expect(dependenciesAllow(dependencies, SETTLE, OPENED, NOW).answer).toBe(answer);
});

test('G7: a target with dependencies settles before its first action, one without does not', () => {
  const well = db({ wellSince: HOURS_AGO });
  expect(dependenciesAllow(well, SETTLE, NOW, NOW)).toMatchObject({ answer: 'settle', until: NOW + SETTLE });
  expect(dependenciesAllow(well, SETTLE, NOW, NOW + SETTLE).answer).toBe('allow');
  expect(dependenciesAllow({ ...well, all: [] }, SETTLE, NOW, NOW).answer).toBe('allow');
});

test.each([
  [{}, 5 * SECOND],
  [limits({ settle: SECOND }), SECOND],
  [limits({ settle: MINUTE }), MINUTE],
])('G7: it settles for as long as the playbook file says: %#', (changes, settle) => {
  const well = { dependencies: db({ wellSince: HOURS_AGO }) };
  const opened = incident({ openedAt: NOW });
  expect(decide(facts(changes, well, opened), NOW)).toMatchObject({ reason: 'settle', until: NOW + settle });
  expect(decide(facts(changes, well, opened), NOW + settle).reason).toBe('first_attempt');
});

test('G7: in mode observe it settles first, and then what would have been done is told', () => {
  const seen = (dependencies: DependencyFacts, openedAt: number, now: number) =>
    decide(facts({ playbook: playbook({ mode: 'observe' }) }, incident({ openedAt }), { dependencies }), now);
  const well = db({ wellSince: HOURS_AGO });
  expect(seen(well, NOW, NOW)).toMatchObject({ kind: 'defer', reason: 'settle', until: NOW + SETTLE });
  expect(seen(well, NOW, NOW + SETTLE)).toMatchObject({ reason: 'observe_only', also: ['first_attempt'] });
  // Told at once: the wait after a cure can be long, and an incident that was dismissed is not to be opened again for it.
  const cured = db({ wellSince: HOURS_AGO }, { unwellAt: NOW - SECOND });
  expect(seen(cured, OPENED, NOW)).toMatchObject({ kind: 'skip', reason: 'observe_only', also: ['settle'] });
  const unwell = db({ unwell: 'is down' });
  expect(seen(unwell, NOW, NOW)).toMatchObject({ kind: 'skip', also: ['dependency_unhealthy'] });
});

test('G7: after the wall clock was set back a dependency that came back just now is seen as such', () => {
  const [behind, at] = [5 * MINUTE, NOW - 30 * SECOND];
  const back = { dependencies: db({ wellSince: at - behind }, { targetStartedAt: NOW - 60 * MINUTE }) };
  expect(decide(facts(back, { behind }), NOW)).toMatchObject({
    reason: 'settle',
    until: at + LETS_GO + SETTLE,
  });
});

test('G7: one that is unwell goes before one that cannot be asked: it names the cause', () => {
  const states = db({ unknown: 'no answer' });
  const unwell = { id: 'docker:service:shop/payments', inCycle: false, state: { unwell: 'is unhealthy' } };
  expect(dependenciesAllow({ ...states, all: [...states.all, unwell] }, SETTLE, OPENED, NOW)).toMatchObject({
    answer: 'unwell',
    because: 'docker:service:shop/payments: is unhealthy',
  });
});

test('G7: decide defers, nobody is paged for a spent budget meanwhile, and the wait ends', () => {
  const unwell = { dependencies: db({ unwell: 'postgres is not running' }) };
  expect(decide(facts(unwell), NOW)).toMatchObject({ kind: 'defer', reason: 'dependency_unhealthy' });
  const open = { circuit: { open: true, until: NOW + MINUTE } };
  expect(decide(facts(unwell, open), NOW)).toMatchObject({ kind: 'defer', also: ['quarantined'] });
  expect(decide(facts(unwell, incident({ deadline: NOW })), NOW)).toMatchObject({
    kind: 'escalate',
    reason: 'waited_too_long',
    also: ['dependency_unhealthy'],
  });
});
