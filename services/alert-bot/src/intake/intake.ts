import type { Instant } from '../domain/duration.ts';
import { cannotWrite, type Db, write } from '../store/db.ts';
import { type Delivery, finishDelivery, insertDelivery, recordOutcome } from '../store/deliveries.ts';
import type { Payload, Rejection } from './payload.ts';

/** What is written of one POST before it is acknowledged. */
export interface Arrival {
  delivery: Delivery;
  payload: Payload;
}

interface Waiting {
  arrival: Arrival;
  resolve: () => void;
  reject: (error: unknown) => void;
}

export interface Intake {
  /** Resolves when the delivery is committed and synced (G1); rejects where the log cannot be written. */
  accept(arrival: Arrival): Promise<void>;
}

/**
 * Commits deliveries in groups: those that arrive while one commit is going on share the next, so that a
 * burst costs few syncs. A savepoint each, so that one that cannot be stored fails alone.
 */
export function createIntake(db: Db, onCommitted: () => void): Intake {
  let waiting: Waiting[] = [];
  let committing = false;

  async function commitAll(): Promise<void> {
    committing = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await commit(db, batch);
      onCommitted();
    }
    committing = false;
  }

  return {
    accept: (arrival) =>
      new Promise((resolve, reject) => {
        waiting.push({ arrival, resolve, reject });
        // On the next turn of the event loop, so that requests read together are committed together.
        if (!committing) setImmediate(() => committing || void commitAll());
      }),
  };
}

async function commit(db: Db, batch: readonly Waiting[]): Promise<void> {
  const failed = new Map<Waiting, unknown>();
  try {
    await write(db, () => {
      failed.clear();
      for (const one of batch) {
        try {
          // A nested transaction is a savepoint.
          db.transaction(() => store(db, one.arrival))();
        } catch (error) {
          // SQLite has undone the whole transaction by then, so what came before in it is gone as well.
          if (cannotWrite(error)) throw error;
          failed.set(one, error);
        }
      }
    });
  } catch (error) {
    for (const one of batch) one.reject(error);
    return;
  }
  for (const one of batch) {
    if (failed.has(one)) one.reject(failed.get(one));
    else one.resolve();
  }
}

function store(db: Db, { delivery, payload }: Arrival): void {
  insertDelivery(db, delivery);
  for (const rejected of payload.rejected) recordOutcome(db, delivery.id, rejectedOutcome(rejected));
  if (payload.alerts.length === 0)
    finishDelivery(db, delivery.id, payload.rejected.length > 0 ? 'rejected' : 'triaged');
}

const rejectedOutcome = ({ index, field, message }: Rejection) =>
  ({ index, outcome: 'rejected', field, message }) as const;

/** An id that sorts by time and cannot be guessed. */
export const deliveryId = (now: Instant, random: string): string =>
  `${now.toString(36).padStart(9, '0')}-${random}`;
