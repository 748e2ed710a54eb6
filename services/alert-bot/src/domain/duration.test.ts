import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDuration, parseDuration } from './duration.ts';

const HOUR = 3_600_000;

describe('parseDuration', () => {
  test.each<[text: string, expected: number | undefined]>([
    ['0', 0],
    ['0s', 0],
    ['1ms', 1],
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1d', 24 * HOUR],
    ['1w', 7 * 24 * HOUR],
    ['1y', 365 * 24 * HOUR],
    ['1y2w3d4h5m6s7ms', (365 + 14 + 3) * 24 * HOUR + 4 * HOUR + 306_007],
    ['007s', 7_000],
    ['', undefined],
    ['1', undefined],
    ['s', undefined],
    ['1.5h', undefined],
    ['-1s', undefined],
    ['1 s', undefined],
    [' 1s', undefined],
    ['1s\n', undefined],
    ['1S', undefined],
    // Units fall, each at most once: what is longer comes first.
    ['1m1h', undefined],
    ['1m1m', undefined],
    ['1ms1s', undefined],
    ['1h x', undefined],
    // More than a number can count in milliseconds, not some other length.
    ['9007199254740991ms', 9_007_199_254_740_991],
    ['9007199254740992ms', undefined],
    ['999999999999y', undefined],
    [`${'9'.repeat(400)}s`, undefined],
  ])('%j is %s', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });
});

test.each<[length: number, expected: string]>([
  [0, '0s'],
  [1, '1ms'],
  [90_000, '1m30s'],
  [1_800_000, '30m'],
  [24 * HOUR, '1d'],
  [40 * 24 * HOUR, '40d'],
  [90_061_001, '1d1h1m1s1ms'],
  [1_499.5, '1s500ms'],
  [0.4, '0s'],
  // A clock that went back: a length is said as it is, not as most of a day.
  [-90_000, '-1m30s'],
])('%s ms is printed as %s', (length, expected) => {
  expect(formatDuration(length)).toBe(expected);
});

test('what is printed is read as the same length', () => {
  fc.assert(
    fc.property(fc.nat({ max: 10 * 365 * 24 * HOUR }), (length) => {
      expect(parseDuration(formatDuration(length))).toBe(length);
    }),
    { seed: 3, numRuns: 1_000 },
  );
});

test('what is read in falling units is the sum of its parts', () => {
  const units = { d: 24 * HOUR, h: HOUR, m: 60_000, s: 1_000, ms: 1 };
  const counts = fc.record({ d: fc.nat(99), h: fc.nat(99), m: fc.nat(99), s: fc.nat(99), ms: fc.nat(9_999) });
  fc.assert(
    fc.property(counts, ({ d, h, m, s, ms }) => {
      const expected = d * units.d + h * units.h + m * units.m + s * units.s + ms;
      expect(parseDuration(`${d}d${h}h${m}m${s}s${ms}ms`)).toBe(expected);
    }),
    { seed: 4, numRuns: 300 },
  );
});
