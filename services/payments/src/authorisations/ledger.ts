import type { Authorisation } from './authorisation.ts';

export type Ledger = ReturnType<typeof createLedger>;

/**
 * What was answered under which idempotency key, so that asking twice holds the money once. In memory and bounded: it
 * forgets the oldest beyond `max` keys, and all of them when the process ends. Real gateways keep keys for a day.
 */
export function createLedger(max: number) {
  // A Map keeps the order of insertion, so its first key is the oldest.
  const answers = new Map<string, Authorisation>();

  return {
    find: (key: string): Authorisation | undefined => answers.get(key),
    keep(key: string, authorisation: Authorisation): void {
      answers.set(key, authorisation);
      const [oldest] = answers.keys();
      if (answers.size > max && oldest !== undefined) answers.delete(oldest);
    },
    size: (): number => answers.size,
  };
}
