import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';

export interface Env {
  Bindings: HttpBindings;
  Variables: { requestId: string };
}

export type RequestContext = Context<Env>;

export interface Route {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  handle(c: RequestContext): Response | Promise<Response>;
  /** Log at debug unless it fails. */
  quiet?: boolean;
  /** Injected errors and latency apply here. */
  breakable?: boolean;
}
