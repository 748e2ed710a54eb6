import { setTimeout as sleep } from 'node:timers/promises';
import type { Events } from './events.ts';
import type { Database } from './store/database.ts';
import { pruneKeys } from './store/idempotency.ts';
import type { Preparation } from './store/preparation.ts';
import { giveUpPending } from './store/transactions.ts';

export interface HousekeepingDeps {
  db: Database;
  preparation: Preparation;
  events: Pick<Events, 'pendingGivenUp' | 'housekeepingFailed'>;
  /** Ends it. */
  signal: AbortSignal;
  limits?: HousekeepingLimits | undefined;
}

export interface HousekeepingLimits {
  everyMs: number;
  /** Many times what the gateway and the database may take together: who asked is gone by then. */
  pendingMs: number;
  /** Rows of one statement, and statements of one round: it never gets in the way of requests for long. */
  rows: number;
  rounds: number;
}

const usual: HousekeepingLimits = { everyMs: 60_000, pendingMs: 60_000, rows: 1_000, rounds: 20 };

/**
 * At start and every minute: transactions that nobody will finish become unknown, and expired idempotency keys are
 * forgotten. Never rejects. Replicas may all do so.
 */
export async function keepHouse({
  db,
  preparation,
  events,
  signal,
  limits = usual,
}: HousekeepingDeps): Promise<void> {
  const untilDone = async (round: () => Promise<number>) => {
    for (let rounds = 0; rounds < limits.rounds && !signal.aborted; rounds += 1)
      if ((await round()) < limits.rows) return;
  };

  const giveUp = async () => {
    const ids = await giveUpPending(db, limits.pendingMs, limits.rows);
    if (ids.length > 0) events.pendingGivenUp(ids);
    return ids.length;
  };

  while (!signal.aborted) {
    try {
      await preparation.ready();
      await untilDone(giveUp);
      await untilDone(() => pruneKeys(db, limits.rows));
    } catch (error) {
      if (!signal.aborted) events.housekeepingFailed(error);
    }
    await sleep(limits.everyMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
