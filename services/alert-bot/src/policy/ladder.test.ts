import { describe, expect, test } from 'vitest';
import type { Step } from '../domain/playbook.ts';
import { ESCALATE, RESTART } from './facts.fixture.ts';
import { nextRung, trialRung } from './ladder.ts';

const twice: Step = { ...RESTART, attempts: 2 };
const once: Step = { ...RESTART, attempts: 1 };

describe('nextRung', () => {
  test.each<[name: string, steps: Step[], made: number[], expected: [number, string] | null]>([
    ['the first rung first', [twice, once], [], [0, 'first_attempt']],
    ['the same rung while attempts are left', [twice, once], [0], [0, 'retry']],
    ['then the next one', [twice, once], [0, 0], [1, 'next_step']],
    ['then none', [twice, once], [0, 0, 1], null],
    ['none behind escalate', [twice, ESCALATE, once], [0, 0], null],
    ['none where it begins with escalate', [ESCALATE, once], [], null],
    ['none where there is none', [], [], null],
    // More than allowed, after a limit was lowered: that rung is used up, not negative.
    ['more made than allowed', [once, once], [0, 0, 0], [1, 'next_step']],
    // A trial uses the last rung; what it leaves of the rungs before is still there.
    ['a lower rung after a higher one', [twice, once], [1], [0, 'next_step']],
  ])('G4: %s', (_, steps, made, expected) => {
    const rung = nextRung(
      steps,
      made.map((step) => ({ step })),
    );
    expect(rung).toEqual(expected === null ? null : { step: expected[0], reason: expected[1] });
  });
});

test.each<[name: string, steps: Step[], expected: number]>([
  ['the only rung', [once], 0],
  ['the last rung', [once, twice], 1],
  ['the last one before escalate', [once, twice, ESCALATE], 1],
  ['none behind escalate', [once, ESCALATE, twice], 0],
  ['none', [ESCALATE], -1],
  ['none behind a first escalate', [ESCALATE, once], -1],
  ['none of an empty ladder', [], -1],
])('G4: a trial uses %s', (_, steps, expected) => {
  expect(trialRung(steps)).toBe(expected);
});
