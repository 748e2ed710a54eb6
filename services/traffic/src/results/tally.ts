import type { Outcome, Performed } from '../shop/perform.ts';
import { type Action, actions } from '../users/action.ts';
import { createLatencies, type Quantiles } from './latency.ts';

/** Counts, and the quantiles of the latencies in milliseconds (NaN where nothing was counted). */
export interface Row extends Quantiles {
  count: number;
  ok: number;
  declined: number;
  error: number;
}

export interface Totals {
  /** In the order of the actions; only those that were done. */
  actions: (Row & { action: Action })[];
  all: Row;
  /** What went wrong how often, the most frequent first. */
  errors: { action: Action; reason: string; count: number }[];
  retried: number;
  /** The api has answered something, whatever it was. */
  answered: boolean;
}

export type Tally = ReturnType<typeof createTally>;

/** Adds up what users report. Its size does not grow with the run. */
export function createTally() {
  const rows = new Map(actions.map((action) => [action, createRow()]));
  const all = createRow();
  const errors = new Map<string, { action: Action; reason: string; count: number }>();
  let retried = 0;
  let answered = false;

  return {
    add(action: Action, performed: Performed, latencyMs: number): void {
      for (const row of [all, rows.get(action)]) row?.add(performed.outcome, latencyMs);
      if (performed.retried) retried += 1;
      if (performed.answered) answered = true;
      if (performed.reason === undefined) return;
      const key = `${action} ${performed.reason}`;
      const known = errors.get(key) ?? { action, reason: performed.reason, count: 0 };
      errors.set(key, { ...known, count: known.count + 1 });
    },
    totals: (): Totals => ({
      actions: actions.flatMap((action) => {
        const row = rows.get(action)?.read();
        return row === undefined || row.count === 0 ? [] : [{ action, ...row }];
      }),
      all: all.read(),
      errors: [...errors.values()].toSorted((a, b) => b.count - a.count),
      retried,
      answered,
    }),
  };
}

function createRow() {
  const counts: Record<Outcome, number> = { ok: 0, declined: 0, error: 0 };
  const latencies = createLatencies();
  return {
    add(outcome: Outcome, latencyMs: number): void {
      counts[outcome] += 1;
      latencies.record(latencyMs);
    },
    read: (): Row => ({ count: latencies.count(), ...counts, ...latencies.quantiles() }),
  };
}
