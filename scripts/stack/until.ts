import { setTimeout as pause } from 'node:timers/promises';

export type UntilOptions = {
  /** Completes "gave up waiting for …". */
  what: string;
  withinMs?: number;
  everyMs?: number;
  /** Throws when waiting has become pointless, for example because the process has ended. */
  stillPossible?: () => void;
};

/**
 * Asks again and again until the answer is something other than undefined or false, and gives that back. An error
 * of the question counts as "not yet", and is told when time is up.
 */
export async function until<T>(
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  { what, withinMs = 30_000, everyMs = 50, stillPossible }: UntilOptions,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  let last: unknown;
  for (;;) {
    stillPossible?.();
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      const reason = last instanceof Error ? `: ${last.message}` : '';
      throw new Error(`gave up waiting for ${what} after ${withinMs / 1000} s${reason}`, { cause: last });
    }
    await pause(everyMs);
  }
}

/** True once the address answers 2xx. Anything else it says is the reason when time is up. */
export async function answersWell(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answers ${response.status} ${text.slice(0, 300).trim()}`);
  return true;
}
