import { delay } from '@shop/service/faults';
import type { Env } from '@shop/service/http/route';
import type { MiddlewareHandler } from 'hono';
import type { FaultBoard } from '../faults/board.ts';
import { effectOf } from '../faults/fault.ts';
import type { Preparation } from '../store/preparation.ts';
import type { Random } from '../transactions/random.ts';

export interface InjectionDeps {
  board: FaultBoard;
  preparation: Preparation;
  random: Random;
  /** Aborts when the service has stopped, so that nobody sleeps on. */
  stopped: AbortSignal;
}

/** Applies the active faults to a request. It waits for the sticky ones to be known before it lets the first one pass. */
export function faultInjection({
  board,
  preparation,
  random,
  stopped,
}: InjectionDeps): MiddlewareHandler<Env> {
  return async (_, next) => {
    await preparation.ready();
    const { delayMs, fail } = effectOf(board.active(), random);
    if (delayMs > 0) await delay(delayMs, { stopped });
    // Not an AppError: to metrics and log it must look like the bug it stands for.
    if (fail) throw new Error('Injected fault: errors');
    await next();
  };
}
