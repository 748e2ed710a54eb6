import { inSpan } from '@shop/service/telemetry/tracing';
import type { Database } from '../store/database.ts';
import { extractUnsettled, insertSettlement } from '../store/settlements.ts';
import { type Settlement, settlementsOf } from './settlement.ts';

export const settlementSteps = ['extract', 'transform', 'load'] as const;
export type SettlementStep = (typeof settlementSteps)[number];

/** The most transactions of one run: a database with half a processor carries out each statement within its time limit. */
export const settlementLimit = 1_000;

export interface SettleDeps {
  db: Database;
  onStep(step: SettlementStep, durationMs: number): void;
  now: () => number;
}

/** What one run has settled. */
export interface SettlementRun {
  settlements: Settlement[];
  transactions: number;
  /** The limit was reached, so there may be more to settle. */
  more: boolean;
}

/**
 * Settles completed transactions that are not settled yet, by currency. Safe to run twice and at the same time: all
 * three steps are one database transaction that locks what it takes, so a crash anywhere leaves everything unsettled,
 * and two runs never take the same.
 */
export function settle({ db, onStep, now }: SettleDeps, limit = settlementLimit): Promise<SettlementRun> {
  const step = async <T>(name: SettlementStep, work: () => Promise<T>): Promise<T> => {
    const started = now();
    const result = await inSpan(`settlement.${name}`, {}, work);
    onStep(name, now() - started);
    return result;
  };

  return inSpan('settlement', {}, () =>
    db.transaction(async (queries) => {
      const unsettled = await step('extract', () => extractUnsettled(queries, limit));
      const wanted = await step('transform', async () => settlementsOf(unsettled));
      const settlements = await step('load', async () => {
        const kept: Settlement[] = [];
        for (const one of wanted) kept.push(await insertSettlement(queries, one));
        return kept;
      });
      return { settlements, transactions: unsettled.length, more: unsettled.length === limit };
    }),
  );
}
