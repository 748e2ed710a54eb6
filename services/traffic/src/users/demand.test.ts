import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Demand, nextArrival, rateAt } from './demand.ts';

const steady: Demand = { perSecond: 10, burst: undefined };
const bursts: Demand = { perSecond: 10, burst: { factor: 5, forMs: 2_000, everyMs: 10_000 } };

describe('the rate', () => {
  test('without bursts is the same at all times', () => {
    expect(rateAt(0, steady)).toBe(10);
    expect(rateAt(123_456, steady)).toBe(10);
  });

  test.each([
    [0, 10],
    [7_999, 10],
    [8_000, 50],
    [9_999, 50],
    [10_000, 10],
    [18_000, 50],
  ])('at %i ms of a cycle of 10 s that ends with a burst of 2 s is %i', (at, rate) => {
    expect(rateAt(at, bursts)).toBe(rate);
  });
});

describe('the next arrival', () => {
  test('comes when as much as asked for has come together', () => {
    expect(nextArrival(0, 1, steady)).toBe(100);
    expect(nextArrival(500, 2.5, steady)).toBe(750);
  });

  test('takes the burst into account that begins on the way', () => {
    // 5 until 8 s, then 1 more at 50 a second.
    expect(nextArrival(7_500, 6, bursts)).toBeCloseTo(8_020);
    // The whole burst (100) and 10 at the calm rate of the next cycle.
    expect(nextArrival(8_000, 110, bursts)).toBeCloseTo(11_000);
  });

  test('never goes back, and over whole cycles is as frequent as asked for', () => {
    const burst = fc
      .record({
        factor: fc.integer({ min: 1, max: 20 }),
        everyMs: fc.integer({ min: 2, max: 60_000 }),
        share: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      })
      .map(({ factor, everyMs, share }) => ({
        factor,
        everyMs,
        forMs: Math.max(1, Math.floor(everyMs * share)),
      }));
    fc.assert(
      fc.property(burst, fc.integer({ min: 1, max: 500 }), (given, perSecond) => {
        const demand = { perSecond, burst: given };
        const cycle = (perSecond / 1_000) * (given.everyMs - given.forMs + given.factor * given.forMs);
        expect(nextArrival(0, cycle * 3, demand) / (given.everyMs * 3)).toBeCloseTo(1, 6);
        expect(nextArrival(17, 0.001, demand)).toBeGreaterThan(17);
      }),
    );
  });
});
