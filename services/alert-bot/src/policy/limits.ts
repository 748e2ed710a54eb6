import type { Instant, Millis } from '../domain/duration.ts';
import type { AttemptFact } from '../domain/facts.ts';
import { type Backoff, type Budget, QUARANTINE_AT_MOST } from '../domain/playbook.ts';

/**
 * When one more attempt would fit a budget again. A window of `per` that ends now holds every attempt
 * reserved after `now - per`; with `attempts` of them in it the budget is spent until the oldest leaves.
 * @returns null where it fits now
 */
export function budgetFreeAt(budget: Budget, attempts: readonly AttemptFact[], now: Instant): Instant | null {
  const inWindow = attempts
    .map((attempt) => attempt.reservedAt)
    .filter((at) => at > now - budget.per)
    .sort((a, b) => a - b);
  const oldestThatCounts = inWindow[inWindow.length - budget.attempts];
  return oldestThatCounts === undefined ? null : oldestThatCounts + budget.per;
}

/** The first budget of several that all apply (G4) that is spent, with when it frees last; or null. */
export function spentBudget(
  budgets: readonly Budget[],
  attempts: readonly AttemptFact[],
  now: Instant,
): { budget: Budget; freeAt: Instant } | null {
  let spent: { budget: Budget; freeAt: Instant } | null = null;
  for (const budget of budgets) {
    const freeAt = budgetFreeAt(budget, attempts, now);
    if (freeAt !== null && (spent === null || freeAt > spent.freeAt)) spent = { budget, freeAt };
  }
  return spent;
}

/** What is left of the budgets of one window. */
export interface BudgetLeft {
  per: Millis;
  /** Attempts allowed in it, and how many more now; of several budgets of one length the strictest. */
  attempts: number;
  left: number;
}

/** How many more attempts each window allows now, the shortest window first. */
export function budgetsLeft(
  budgets: readonly Budget[],
  attempts: readonly AttemptFact[],
  now: Instant,
): BudgetLeft[] {
  const windows = [...new Set(budgets.map(({ per }) => per))].sort((a, b) => a - b);
  return windows.map((per) => {
    const allowed = Math.min(...budgets.filter((one) => one.per === per).map((one) => one.attempts));
    const made = attempts.filter(({ reservedAt }) => reservedAt > now - per).length;
    return { per, attempts: allowed, left: Math.max(0, allowed - made) };
  });
}

/** The pause after the n-th attempt of an incident (n from 1): initial × factor^(n-1), at most max. */
export function backoffAfter(backoff: Backoff, attemptsMade: number): Millis {
  if (backoff.initial === 0) return 0; // 0 × Infinity is no number, and blocks nothing.
  return Math.min(backoff.max, Math.round(backoff.initial * backoff.factor ** (attemptsMade - 1)));
}

/**
 * How long the circuit stays open the n-th time in a row (n from 1): it doubles up to 24 h.
 * @returns null where only a person's reset closes it
 */
export function quarantineFor(quarantine: Millis | 'manual', times: number): Millis | null {
  if (quarantine === 'manual') return null;
  return Math.min(Math.max(QUARANTINE_AT_MOST, quarantine), quarantine * 2 ** (times - 1));
}
