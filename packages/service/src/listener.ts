import { once } from 'node:events';
import { createServer, type Server } from 'node:http';

export interface Address {
  host: string;
  port: number;
}

/** Nothing can be served on this address; the message says why and what to do. */
export class ListenError extends Error {
  constructor({ host, port }: Address, variable: string, cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
    super(
      code === 'EADDRINUSE'
        ? `Cannot listen on ${host}:${port}: another process uses this port. Stop it, or set ${variable} to another host:port.`
        : `Cannot listen on ${host}:${port} (${code}). Set ${variable} to a host:port of this machine.`,
      { cause },
    );
    this.name = 'ListenError';
  }
}

/**
 * How long a client may take for headers and for the whole request, in milliseconds; then it is answered 408 and its
 * connection closed. Node looks only every 30 s by itself.
 */
const patience = { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };

/**
 * Listens and answers the server with the port it got (the configured one may be 0). A ListenError names `variable`, the
 * one that the address comes from.
 */
export async function listen(
  handler: Parameters<typeof createServer>[1],
  address: Address,
  variable: string,
): Promise<{ server: Server; port: number }> {
  const server = createServer(patience, handler);
  server.listen(address.port, address.host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new ListenError(address, variable, error);
  }
  const bound = server.address();
  return { server, port: typeof bound === 'object' && bound !== null ? bound.port : address.port };
}

/** Stops listening at once, gives requests in flight the grace time, then closes their connections. */
export async function drain(server: Server, graceMs: number): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  // A connection that was busy a moment ago becomes idle later, and would hold the exit for its keep-alive time.
  const idle = setInterval(() => server.closeIdleConnections(), 100);
  const grace = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(idle);
  clearTimeout(grace);
}
