import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLatencies } from './latency.ts';

test('quantiles are those of the sorted list, to a thousandth', () => {
  const latencies = fc.array(fc.double({ min: 0.01, max: 60_000, noNaN: true }), {
    minLength: 1,
    maxLength: 300,
  });
  fc.assert(
    fc.property(latencies, (given) => {
      const recorded = createLatencies();
      for (const one of given) recorded.record(one);
      const sorted = given.toSorted((a, b) => a - b);
      const ranked = (rank: number) => sorted[Math.max(0, rank - 1)] ?? Number.NaN;
      const { p50, p95, p99, max } = recorded.quantiles();
      for (const [told, share] of [
        [p50, 0.5],
        [p95, 0.95],
        [p99, 0.99],
        [max, 1],
      ] as const) {
        // HDR histograms round the rank, so it may be either neighbour; and they are kept in whole microseconds.
        const [low, high] = [Math.floor, Math.ceil].map((round) => ranked(round(share * sorted.length)));
        expect(told).toBeGreaterThanOrEqual((low ?? 0) * 0.999 - 0.0011);
        expect(told).toBeLessThanOrEqual((high ?? 0) * 1.001 + 0.0011);
      }
    }),
  );
});

test('without a record there is no quantile', () => {
  expect(createLatencies().quantiles()).toEqual({
    p50: Number.NaN,
    p95: Number.NaN,
    p99: Number.NaN,
    max: Number.NaN,
  });
});
