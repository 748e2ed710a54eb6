import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { AppError } from './errors.ts';

/** The share of requests, from 0 to 1, that a fault applies to. */
export const faultRate = z
  .number('give a number from 0 to 1')
  .min(0, 'give 0 or more')
  .max(1, 'give 1 or less');

/** How long a fault delays a request. */
export const faultMs = z
  .int('give whole milliseconds from 1 to 60000')
  .min(1, 'give 1 or more')
  .max(60_000, 'give 60000 or less');

export interface DelayEnds {
  /** Aborts when the service has stopped, so that nobody sleeps on. */
  stopped: AbortSignal;
  /** Aborts when the caller has gone away. */
  gone?: AbortSignal;
}

/**
 * Delays a request, for ever with `Infinity`. Throws `shutting_down`, or `client_gone` for a caller that gives up: it has
 * had no answer, which counts as our failure, and at that moment. Otherwise a hang would show in the caller's figures
 * only, and the caller would be blamed.
 */
export async function delay(ms: number, { stopped, gone }: DelayEnds): Promise<void> {
  // A timer takes 24.8 days at most; nobody waits for so long.
  const limit = Math.min(ms, 2 ** 31 - 1);
  const signal = gone === undefined ? stopped : AbortSignal.any([stopped, gone]);
  try {
    await sleep(limit, undefined, { signal });
  } catch (cause) {
    if (gone?.aborted && !stopped.aborted)
      throw new AppError('client_gone', 'The caller went away before it was answered.', { cause });
    throw new AppError('shutting_down', 'The service is shutting down.', { cause });
  }
}
