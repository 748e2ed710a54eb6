import { createHistogram } from 'node:perf_hooks';

/** Latencies in milliseconds; NaN while nothing was recorded. */
export interface Quantiles {
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

export type Latencies = ReturnType<typeof createLatencies>;

/**
 * An HDR histogram (Node's own) in microseconds with three significant figures: bounded memory however long the run is,
 * and no quantile is off by more than a thousandth.
 */
export function createLatencies() {
  const histogram = createHistogram({ lowest: 1, highest: 3_600_000_000, figures: 3 });
  return {
    record(milliseconds: number): void {
      // Below a microsecond is outside of what it takes, and nothing here is that fast.
      histogram.record(Math.max(1, Math.round(milliseconds * 1_000)));
    },
    count: () => histogram.count,
    quantiles(): Quantiles {
      const at = (percent: number) =>
        histogram.count === 0 ? Number.NaN : histogram.percentile(percent) / 1_000;
      return { p50: at(50), p95: at(95), p99: at(99), max: at(100) };
    },
  };
}
