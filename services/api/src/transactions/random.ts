import type { NewTransaction } from './transaction.ts';

/** A number from 0 (included) to 1 (excluded), such as Math.random. */
export type Random = () => number;

const currencies = ['EUR', 'USD', 'GBP', 'CHF', 'JPY'] as const;

/** Makes up a payment of 1 to 100000 minor units. */
export function randomTransaction(random: Random): NewTransaction {
  return {
    amount: 1 + Math.floor(random() * 100_000),
    currency: currencies[Math.floor(random() * currencies.length)] ?? 'EUR',
    description: null,
  };
}
