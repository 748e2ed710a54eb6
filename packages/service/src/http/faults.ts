import type { z } from 'zod';
import type { ServiceEvents } from '../events.ts';
import { requireToken } from './auth.ts';
import { parseBody } from './input.ts';
import type { RequestContext, Route } from './route.ts';

/** Asked for through /faults, and over before it could be listed. */
export interface Crash {
  kind: 'crash';
}

/** The faults of a process. */
export interface Board<Lasting> {
  /** Every fault that is set. */
  all(): Lasting[];
  set(fault: Lasting): void | Promise<void>;
  clear(): void | Promise<void>;
}

export interface FaultDeps<Lasting> {
  board: Board<Lasting>;
  /** The body of POST /faults. */
  schema: z.ZodType<Lasting | Crash>;
  tokens: readonly string[] | undefined;
  /** The environment variable that names the file of the tokens. */
  variable: string;
  events: ServiceEvents;
  /** Ends the process with a non-zero code. */
  crash: () => void;
}

/** Where faults are set, shown and cleared. Faults never apply here: what is broken must stay repairable. */
export function faultRoutes<Lasting extends { kind: string }>(deps: FaultDeps<Lasting>): Route[] {
  const { board, events } = deps;
  const authorize = requireToken(deps.tokens, deps.variable);
  const shown = () => ({ faults: board.all() });

  const list = (c: RequestContext) => {
    authorize(c);
    return c.json(shown());
  };

  const set = async (c: RequestContext) => {
    authorize(c);
    const fault = await parseBody(c, deps.schema);
    if (isCrash(fault)) {
      events.faultSet(fault);
      c.env.outgoing.once('close', () => {
        events.crashing();
        deps.crash();
      });
      // Without keep-alive the answer is complete when the connection closes, not when the process is gone.
      return c.json({ ...shown(), crashing: true }, 202, { connection: 'close' });
    }
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

function isCrash(fault: { kind: string }): fault is Crash {
  return fault.kind === 'crash';
}
