import { setTimeout as sleep } from 'node:timers/promises';
import type { MiddlewareHandler } from 'hono';
import type { Random } from '../authorisations/authorisation.ts';
import { AppError } from '../errors.ts';
import type { Events } from '../events.ts';
import type { FaultBoard } from '../faults/board.ts';
import { effectOf, faultSchema } from '../faults/fault.ts';
import { requireToken } from './auth.ts';
import { parseBody } from './input.ts';
import type { Env, RequestContext, Route } from './route.ts';

export interface FaultDeps {
  board: FaultBoard;
  tokens: readonly string[] | undefined;
  events: Events;
  /** Ends the process with a non-zero code. */
  crash: () => void;
}

/** Where faults are set, shown and cleared. Faults never apply here: what is broken must stay repairable. */
export function faultRoutes({ board, tokens, events, crash }: FaultDeps): Route[] {
  const authorize = requireToken(tokens);
  const shown = () => ({ faults: board.active() });

  const list = (c: RequestContext) => {
    authorize(c);
    return c.json(shown());
  };

  const set = async (c: RequestContext) => {
    authorize(c);
    const fault = await parseBody(c, faultSchema);
    events.faultSet(fault);
    if (fault.kind === 'crash') {
      c.env.outgoing.once('close', () => {
        events.crashing();
        crash();
      });
      // Without keep-alive the answer is complete when the connection closes, not when the process is gone.
      return c.json({ ...shown(), crashing: true }, 202, { connection: 'close' });
    }
    board.set(fault);
    return c.json(shown());
  };

  const clear = (c: RequestContext) => {
    authorize(c);
    board.clear();
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
  random: Random;
  /** Aborts when the service has stopped, so that nobody sleeps on. */
  stopped: AbortSignal;
}

/** Applies the active faults to a request. */
export function faultInjection({ board, random, stopped }: InjectionDeps): MiddlewareHandler<Env> {
  return async (c, next) => {
    const { delayMs, fail } = effectOf(board.active(), random);
    if (delayMs > 0) await delay(delayMs, stopped, clientGone(c));
    // Not an AppError: to metrics and log it must look like the bug it stands for.
    if (fail) throw new Error('Injected fault: errors');
    await next();
  };
}

/**
 * A caller that gives up has had no answer: that counts as our failure, and at that moment. Otherwise a hang would
 * show in the caller's figures only, and the caller would be blamed.
 */
async function delay(ms: number, stopped: AbortSignal, gone: AbortSignal): Promise<void> {
  // A timer takes 24.8 days at most; nobody waits for so long.
  const limit = Math.min(ms, 2 ** 31 - 1);
  try {
    await sleep(limit, undefined, { signal: AbortSignal.any([stopped, gone]) });
  } catch (cause) {
    if (gone.aborted && !stopped.aborted)
      throw new AppError('client_gone', 'The caller went away before it was answered.', { cause });
    throw new AppError('shutting_down', 'The service is shutting down.', { cause });
  }
}

/** Aborts when the connection closes before the answer is sent. */
function clientGone(c: RequestContext): AbortSignal {
  const gone = new AbortController();
  const { outgoing } = c.env;
  if (outgoing.destroyed) gone.abort();
  else outgoing.once('close', () => gone.abort());
  return gone.signal;
}
