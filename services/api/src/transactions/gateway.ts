import type { NewTransaction, TransactionStatus } from './transaction.ts';

/** A number from 0 (included) to 1 (excluded), such as Math.random. */
export type Random = () => number;

/** Share of charges that the simulated gateway refuses. */
export const gatewayFailureRate = 0.05;

const currencies = ['EUR', 'USD', 'GBP', 'CHF', 'JPY'] as const;

/** Makes up a payment of 1 to 100000 minor units. */
export function randomTransaction(random: Random): NewTransaction {
  return {
    amount: 1 + Math.floor(random() * 100_000),
    currency: currencies[Math.floor(random() * currencies.length)] ?? 'EUR',
    description: null,
  };
}

/** The simulated gateway: decides whether a charge succeeds. */
export function charge(random: Random): TransactionStatus {
  return random() < gatewayFailureRate ? 'failed' : 'completed';
}
