import { expect, test } from 'vitest';
import { parseDuration } from './duration.ts';

test.for([
  ['1s', 1000],
  ['500ms', 500],
  ['1m30s', 90_000],
  ['2h', 7_200_000],
  ['0s', 0],
  // A bare number leaves open what it counts.
  ['5', null],
  ['', null],
  ['1s 5', null],
  ['-1s', null],
  ['30s1m', null],
] as const)('%s is %s ms', ([text, ms]) => {
  expect(parseDuration(text)).toBe(ms);
});
