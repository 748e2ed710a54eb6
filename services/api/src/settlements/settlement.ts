/** A completed transaction that is not yet paid out. */
export interface Unsettled {
  id: string;
  currency: string;
  amount: number;
}

/** What is paid out together: the transactions of one currency. */
export interface NewSettlement {
  currency: string;
  /** In minor units. */
  amount: number;
  /** Its transactions. */
  ids: string[];
}

/** A settlement as it is kept. */
export interface Settlement {
  id: string;
  currency: string;
  amount: number;
  /** How many. */
  transactions: number;
  created_at: string;
}

/** One settlement for each currency, in the order of the alphabet. */
export function settlementsOf(unsettled: readonly Unsettled[]): NewSettlement[] {
  return [...Map.groupBy(unsettled, ({ currency }) => currency)]
    .map(([currency, group]) => ({
      currency,
      amount: group.reduce((sum, { amount }) => sum + amount, 0),
      ids: group.map(({ id }) => id),
    }))
    .toSorted((a, b) => (a.currency < b.currency ? -1 : 1));
}
