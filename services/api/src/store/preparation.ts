import { setTimeout as sleep } from 'node:timers/promises';
import { databaseUnavailable, isUnavailable } from './database.ts';

export interface Preparation {
  /** Resolves once the database is prepared; rejects with `database_unavailable` when that takes too long. */
  ready(): Promise<void>;
  /** Tries in the background until it is done or the signal aborts. Never rejects. */
  keepTrying(signal: AbortSignal): Promise<void>;
  /** Forgets that it was done, so that the next `ready` does it again. */
  reset(): void;
}

export interface PreparationEvents {
  /** One try failed. */
  preparationFailed(): void;
  /** The background has failed, and tries on. Said once. */
  databaseNotPrepared(error: unknown): void;
}

/** How long a request waits for the preparation, and how long the background waits between two tries. */
const limits = { waitMs: 1_900, retryMs: 1_000 };

/**
 * Work that must be done before the database may be used (schema, sticky faults), and that cannot be done while it is
 * away. At most one try runs at a time: whoever asks joins it, so a waiting request is served as soon as it succeeds.
 */
export function createPreparation(work: () => Promise<void>, events: PreparationEvents): Preparation {
  let done = false;
  let underWay: Promise<void> | undefined;

  const attempt = (): Promise<void> => {
    underWay ??= work()
      .then(
        () => {
          done = true;
        },
        (error: unknown) => {
          events.preparationFailed();
          throw error;
        },
      )
      .finally(() => {
        underWay = undefined;
      });
    return underWay;
  };

  const ready = async () => {
    if (done) return;
    const limit = new AbortController();
    const tooLong = sleep(limits.waitMs, undefined, { signal: limit.signal, ref: false }).then(() => {
      throw databaseUnavailable(new Error(`not prepared within ${limits.waitMs} ms`));
    });
    try {
      await Promise.race([attempt(), tooLong]);
    } catch (error) {
      throw isUnavailable(error) ? databaseUnavailable(error) : error;
    } finally {
      // The race has settled; the loser's rejection concerns nobody.
      tooLong.catch(() => undefined);
      limit.abort();
    }
  };

  return {
    ready,
    async keepTrying(signal) {
      let told = false;
      while (!done && !signal.aborted) {
        try {
          await attempt();
        } catch (error) {
          if (!told) events.databaseNotPrepared(error);
          told = true;
          await sleep(limits.retryMs, undefined, { signal, ref: false }).catch(() => undefined);
        }
      }
    },
    reset: () => {
      done = false;
    },
  };
}
