import type { Millis } from '../domain/duration.ts';

const FAILURES_AT_MOST = 5;
const PER: Millis = 60_000;
/** Addresses that are remembered; of more, the oldest is forgotten. */
const ADDRESSES_AT_MOST = 1_000;

/**
 * Bounds how often an address may present a wrong token. The tokens cannot be guessed in any time; this keeps those who try
 * from filling the log.
 */
export function createAttempts(monotonic: () => Millis) {
  const failures = new Map<string, Millis[]>();
  const recent = (from: string): Millis[] =>
    (failures.get(from) ?? []).filter((at) => at > monotonic() - PER);

  return {
    /** How long this address has to wait; 0 where it may try. */
    waits(from: string): Millis {
      const [oldest, ...others] = recent(from).slice(-FAILURES_AT_MOST);
      return oldest === undefined || others.length < FAILURES_AT_MOST - 1 ? 0 : oldest + PER - monotonic();
    },
    failed(from: string): void {
      const all = [...recent(from), monotonic()];
      failures.delete(from);
      failures.set(from, all);
      const [first] = failures.keys();
      if (failures.size > ADDRESSES_AT_MOST && first !== undefined) failures.delete(first);
    },
  };
}

export type Attempts = ReturnType<typeof createAttempts>;
