import { setTimeout as sleep } from 'node:timers/promises';
import type { MiddlewareHandler } from 'hono';
import { AppError } from '../errors.ts';
import type { Events } from '../events.ts';
import type { FaultBoard } from '../faults/board.ts';
import { effectOf, faultSchema } from '../faults/fault.ts';
import type { Preparation } from '../store/preparation.ts';
import type { Random } from '../transactions/random.ts';
import { requireToken } from './auth.ts';
import { parseBody } from './input.ts';
import type { Env, RequestContext, Route } from './route.ts';

export interface FaultDeps {
  board: FaultBoard;
  preparation: Preparation;
  tokens: readonly string[] | undefined;
  events: Events;
  /** Ends the process with a non-zero code. */
  crash: () => void;
}

/** Where faults are set, shown and cleared. Faults never apply here: what is broken must stay repairable. */
export function faultRoutes({ board, preparation, tokens, events, crash }: FaultDeps): Route[] {
  const authorize = requireToken(tokens);
  const shown = () => ({ faults: board.all() });

  const list = (c: RequestContext) => {
    authorize(c);
    return c.json(shown());
  };

  const set = async (c: RequestContext) => {
    authorize(c);
    const fault = await parseBody(c, faultSchema);
    if (fault.kind === 'crash') {
      events.faultSet(fault);
      c.env.outgoing.once('close', () => {
        events.crashing();
        crash();
      });
      // Without keep-alive the answer is complete when the connection closes, not when the process is gone.
      return c.json({ ...shown(), crashing: true }, 202, { connection: 'close' });
    }
    if (fault.sticky) await preparation.ready();
    await board.set(fault);
    events.faultSet(fault);
    return c.json(shown());
  };

  const clear = async (c: RequestContext) => {
    authorize(c);
    await board.clear();
    events.faultsCleared();
    return c.json(shown());
  };

  return [
    { method: 'GET', path: '/faults', handle: list },
    { method: 'POST', path: '/faults', handle: set },
    { method: 'DELETE', path: '/faults', handle: clear },
  ];
}

export interface InjectionDeps {
  board: FaultBoard;
  preparation: Preparation;
  random: Random;
  /** Aborts when the service has stopped, so that nobody sleeps on. */
  stopped: AbortSignal;
}

/** Applies the active faults to a request. It waits for the sticky ones to be known before it lets the first one pass. */
export function faultInjection(deps: InjectionDeps): MiddlewareHandler<Env> {
  return async (_, next) => {
    await deps.preparation.ready();
    const { delayMs, fail } = effectOf(deps.board.active(), deps.random);
    if (delayMs > 0) await delay(delayMs, deps.stopped);
    // Not an AppError: to metrics and log it must look like the bug it stands for.
    if (fail) throw new Error('Injected fault: errors');
    await next();
  };
}

async function delay(ms: number, stopped: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal: stopped });
  } catch (cause) {
    throw new AppError('shutting_down', 'The service is shutting down.', { cause });
  }
}
