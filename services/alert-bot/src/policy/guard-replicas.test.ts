import { describe, expect, test } from 'vitest';
import type { ReplicaFact } from '../domain/facts.ts';
import { decide } from './decide.ts';
import { facts, HOUR, MINUTE, NOW } from './facts.fixture.ts';
import { isLastHealthy, replicasToActOn } from './guard-replicas.ts';

const LETTERS = { h: 'healthy', s: 'starting', x: 'sick', r: 'at_rest' } as const;
/** `hxr`: one healthy, one sick, one at rest; they are called a, b, c. */
const replicas = (states: string): ReplicaFact[] =>
  [...states].map((letter, i) => ({
    id: 'abcdef'[i] ?? '',
    name: 'abcdef'[i] ?? '',
    state: LETTERS[letter as keyof typeof LETTERS],
    startedAt: NOW - HOUR,
    createdAt: null,
    startedByUs: false,
  }));

test.each([
  ['h', 'a'],
  ['x', 'a'],
  ['hh', 'ab'],
  ['xx', 'ab'],
  ['hx', 'b'],
  ['sx', 'b'],
  ['xhx', 'ac'],
  ['hs', 'ab'],
  ['hr', 'a'],
  ['xr', 'a'],
  ['hxr', 'b'],
  ['rr', ''],
  ['', ''],
])('G5: of %s an attempt is for "%s": the sick ones where others are well', (states, expected) => {
  expect(
    replicasToActOn(replicas(states))
      .map(({ id }) => id)
      .join(''),
  ).toBe(expected);
});

describe('G5: never the last healthy one of several', () => {
  test.each([
    ['h', true],
    ['x', true],
    ['hh', true],
    ['hx', true],
    ['xx', true],
    ['hhs', true],
    ['sx', true],
    ['', true],
    // The healthy one would be restarted, and nobody else is there.
    ['hs', false],
    ['hr', false],
    ['hss', false],
  ])('%s: %s', (states, allowed) => {
    const decision = decide(facts({ replicas: replicas(states) }), NOW);
    expect(decision.reason).toBe(allowed ? 'first_attempt' : 'last_healthy_replica');
  });

  test('every wait for another one ends', () => {
    const late = { ...facts().incident, deadline: NOW };
    const decision = decide(facts({ replicas: replicas('hs'), incident: late }), NOW + MINUTE);
    expect(decision).toMatchObject({
      kind: 'escalate',
      reason: 'waited_too_long',
      also: ['last_healthy_replica'],
    });
  });

  test('is only ever one, and only of several', () => {
    const last = (states: string) => {
      const all = replicas(states);
      return all.filter((one) => isLastHealthy(all, one)).map(({ id }) => id);
    };
    expect(['hx', 'xh', 'hr', 'xsh'].map(last)).toEqual([['a'], ['b'], ['a'], ['c']]);
    expect(['h', 'x', 'hh', 'xx', 'ss', ''].map(last)).toEqual([[], [], [], [], [], []]);
  });
});
