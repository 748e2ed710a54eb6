import { setTimeout as sleep } from 'node:timers/promises';

/** What the gateway has answered and the database has not taken: kept in memory until it does, or the process ends. */
export interface Arrears {
  /** `keep` may be called many times, and does the same each time. */
  add(keep: () => Promise<void>): void;
  /** Pays off what is owed, oldest first, until the signal aborts. Never rejects. */
  keepTrying(signal: AbortSignal): Promise<void>;
}

export interface ArrearsDeps {
  /** Whether an error says that it is to be tried again. */
  isAway(error: unknown): boolean;
  /** It was given up; the transaction stays as it is, and becomes `unknown`. */
  onLost(error: unknown): void;
  limits?: ArrearsLimits;
}

export interface ArrearsLimits {
  everyMs: number;
  /** A purchase each; beyond it what comes is given up at once, so that memory is bounded. */
  most: number;
}

const usual: ArrearsLimits = { everyMs: 500, most: 10_000 };

export function createArrears({ isAway, onLost, limits = usual }: ArrearsDeps): Arrears {
  const owed: (() => Promise<void>)[] = [];

  const payOff = async (signal: AbortSignal) => {
    for (let keep = owed[0]; keep !== undefined && !signal.aborted; keep = owed[0]) {
      try {
        await keep();
      } catch (error) {
        if (isAway(error)) return;
        onLost(error);
      }
      owed.shift();
    }
  };

  return {
    add(keep) {
      if (owed.length < limits.most) owed.push(keep);
      else onLost(new Error(`${limits.most} answers of the gateway are owed to the database already`));
    },
    async keepTrying(signal) {
      while (!signal.aborted) {
        await payOff(signal);
        await sleep(limits.everyMs, undefined, { signal, ref: false }).catch(() => undefined);
      }
    },
  };
}
