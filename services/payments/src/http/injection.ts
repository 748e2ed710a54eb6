import { delay } from '@shop/service/faults';
import type { Env, RequestContext } from '@shop/service/http/route';
import type { MiddlewareHandler } from 'hono';
import type { Random } from '../authorisations/authorisation.ts';
import type { FaultBoard } from '../faults/board.ts';
import { effectOf } from '../faults/fault.ts';

export interface InjectionDeps {
  board: FaultBoard;
  random: Random;
  /** Aborts when the service has stopped, so that nobody sleeps on. */
  stopped: AbortSignal;
}

/** Applies the active faults to a request. */
export function faultInjection({ board, random, stopped }: InjectionDeps): MiddlewareHandler<Env> {
  return async (c, next) => {
    const { delayMs, fail } = effectOf(board.all(), random);
    if (delayMs > 0) await delay(delayMs, { stopped, gone: clientGone(c) });
    // Not an AppError: to metrics and log it must look like the bug it stands for.
    if (fail) throw new Error('Injected fault: errors');
    await next();
  };
}

/** Aborts when the connection closes before the answer is sent. */
function clientGone(c: RequestContext): AbortSignal {
  const gone = new AbortController();
  const { outgoing } = c.env;
  if (outgoing.destroyed) gone.abort();
  else outgoing.once('close', () => gone.abort());
  return gone.signal;
}
