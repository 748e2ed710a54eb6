import { setTimeout as delay } from 'node:timers/promises';
import type { Instant, Millis } from '../domain/duration.ts';
import { cannotWrite, type Db, savepoint, synced, writeAhead } from '../store/db.ts';
import {
  beginTries,
  type Delivery,
  finishDelivery,
  hasBacklog,
  insertDelivery,
  recordOutcome,
} from '../store/deliveries.ts';
import type { Checked, Rejection } from './payload.ts';

/**
 * After a commit of few the next one is this far off at least. A thousand deliveries a second from as many senders as there are
 * were 400 commits a second, for which the one thread did nothing else for 40 % of the time; so they are a third as many.
 */
const GATHER: Millis = 6;
/** A commit of more is worth its sync: those who wait for their answer before they send again are not held up. */
const FEW = 10;

/** What is written of one POST before it is acknowledged. */
export interface Arrival {
  delivery: Delivery;
  payload: Pick<Checked, 'accepted' | 'rejected'>;
}

interface Waiting {
  arrival: Arrival;
  resolve: () => void;
  reject: (error: unknown) => void;
}

export interface IntakeWorld {
  sleep(length: Millis): Promise<unknown>;
  /** Resolves when what was committed is on the disk. @throws StoreError */
  sync(db: Db): Promise<void>;
}

export interface Intake {
  /** Resolves when the delivery is committed and synced (G1); rejects where the log cannot be written. */
  accept(arrival: Arrival): Promise<void>;
}

/**
 * Commits deliveries in groups: those that arrive while one commit is going on share the next, so that a
 * burst costs few syncs. A savepoint each, so that one that cannot be stored fails alone.
 * @param boot see OpenedLog
 * @param onCommitted what is committed can be decided about while it is being synced: what acts on it syncs it first
 * @param world a simulation has a clock of its own, and a disk that never waits
 */
export function createIntake(
  db: Db,
  boot: number,
  onCommitted: () => void,
  { sleep, sync }: IntakeWorld = { sleep: delay, sync: synced },
): Intake {
  let waiting: Waiting[] = [];
  let committing = false;

  async function commitAll(): Promise<void> {
    committing = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await keep(batch);
      if (batch.length < FEW) await sleep(GATHER);
    }
    committing = false;
  }

  async function keep(batch: readonly Waiting[]): Promise<void> {
    try {
      const failed = await commit(db, boot, batch);
      onCommitted();
      await sync(db);
      for (const one of batch) {
        if (failed.has(one)) one.reject(failed.get(one));
        else one.resolve();
      }
    } catch (error) {
      for (const one of batch) one.reject(error);
    }
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

/** @returns those that could not be stored, and why */
async function commit(db: Db, boot: number, batch: readonly Waiting[]): Promise<Map<Waiting, unknown>> {
  const failed = new Map<Waiting, unknown>();
  await writeAhead(db, () => {
    failed.clear();
    // With nothing in front of it the engine takes it next: its first try is counted here, which spares that one its commit.
    // Others may wait while the process is killed over and over, and no such end is theirs.
    const begun = batch.length < FEW && !hasBacklog(db, boot) ? boot : null;
    for (const one of batch) {
      try {
        savepoint(db, () => store(db, one.arrival, begun));
      } catch (error) {
        // SQLite has undone the whole transaction by then, so what came before in it is gone as well.
        if (cannotWrite(error)) throw error;
        failed.set(one, error);
      }
    }
  });
  return failed;
}

function store(db: Db, { delivery, payload }: Arrival, begun: number | null): void {
  insertDelivery(db, delivery);
  for (const rejected of payload.rejected) recordOutcome(db, delivery.id, rejectedOutcome(rejected));
  if (payload.accepted === 0)
    finishDelivery(db, delivery.id, payload.rejected.length > 0 ? 'rejected' : 'triaged');
  else if (begun !== null) beginTries(db, [delivery.id], begun);
}

const rejectedOutcome = ({ index, field, message }: Rejection) =>
  ({ index, outcome: 'rejected', field, message }) as const;

/** An id that sorts by time and cannot be guessed. */
export const deliveryId = (now: Instant, random: string): string =>
  `${now.toString(36).padStart(9, '0')}-${random}`;
