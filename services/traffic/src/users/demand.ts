/**
 * For `forMs` at the end of every `everyMs` there is `factor` times as much to do. Both are whole milliseconds: a boundary
 * that is rounded could lie on its own wrong side.
 */
export interface Burst {
  factor: number;
  forMs: number;
  everyMs: number;
}

/** How much there is to do, over all users. */
export interface Demand {
  perSecond: number;
  burst: Burst | undefined;
}

/** What is asked for at this time (ms since the start), a second. A run begins calm: the burst ends each cycle. */
export function rateAt(atMs: number, { perSecond, burst }: Demand): number {
  return burst !== undefined && inBurst(atMs, burst) ? perSecond * burst.factor : perSecond;
}

/**
 * When the next arrival is due, in ms since the start. `amount` is how much has to come together after `afterMs`, in
 * expected arrivals: drawn from the exponential distribution with mean 1, the arrivals are a Poisson process whose rate
 * follows the demand (inversion of the cumulative rate).
 */
export function nextArrival(afterMs: number, amount: number, demand: Demand): number {
  let at = afterMs;
  let left = amount;
  for (;;) {
    const perMs = rateAt(at, demand) / 1_000;
    const until = demand.burst === undefined ? Number.POSITIVE_INFINITY : nextChange(at, demand.burst);
    const within = (until - at) * perMs;
    if (left <= within) return at + left / perMs;
    left -= within;
    at = until;
  }
}

function inBurst(atMs: number, { forMs, everyMs }: Burst): boolean {
  return atMs % everyMs >= everyMs - forMs;
}

function nextChange(atMs: number, burst: Burst): number {
  const cycle = Math.floor(atMs / burst.everyMs) * burst.everyMs;
  return inBurst(atMs, burst) ? cycle + burst.everyMs : cycle + burst.everyMs - burst.forMs;
}
