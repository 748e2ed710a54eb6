/** A number from 0 (included) to 1 (excluded), such as Math.random. */
export type Random = () => number;

export const authorisationStatuses = ['authorised', 'declined'] as const;
export type AuthorisationStatus = (typeof authorisationStatuses)[number];

/** What a merchant asks for. The amount is in integer minor units: 1250 EUR is 12.50 euros. */
export interface Charge {
  amount: number;
  currency: string;
}

/** An answer of the gateway: the money is held, or it is not and never will be. */
export interface Authorisation extends Charge {
  id: string;
  status: AuthorisationStatus;
  /** Why it was declined. */
  reason: 'over_limit' | 'refused_by_bank' | null;
}

/** How the simulated banks behind this gateway behave. */
export interface Banks {
  /** Share of charges, from 0 to 1, for which the gateway fails: nothing is held, and it may be asked again. */
  failureRate: number;
  /** Share of the others that a bank refuses. */
  declineRate: number;
  /** Above this many minor units every charge is declined. */
  limit: number;
}

/** What becomes of one charge. `failed` is no answer of a bank: it is this gateway's own fault. */
export function outcomeOf(
  { amount }: Charge,
  banks: Banks,
  random: Random,
): Pick<Authorisation, 'status' | 'reason'> | 'failed' {
  if (random() < banks.failureRate) return 'failed';
  if (amount > banks.limit) return { status: 'declined', reason: 'over_limit' };
  if (random() < banks.declineRate) return { status: 'declined', reason: 'refused_by_bank' };
  return { status: 'authorised', reason: null };
}
