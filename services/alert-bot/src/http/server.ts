import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ServerType, serve } from '@hono/node-server';
import { PROBLEM_TYPE, type ProblemCode, problemOf } from './problem.ts';

/**
 * What a client may take of the bot, in milliseconds and bytes. Honest ones (Alertmanager, Prometheus, a shell) come nowhere
 * near; docs/operations.md says what each is for.
 */
export const PATIENCE = {
  /** For the headers, and for the whole request with its body: then 503, which Alertmanager sends
   * again: it may be this process that had no time to read. Node looks each second. */
  headersTimeout: 5_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
  /** For the next request on the same connection. */
  keepAliveTimeout: 5_000,
  maxHeaderSize: 16 * 1024,
} as const;

/** No byte in either direction for so long: longer than `?wait=60s` may be silent. */
export const SILENT_AT_MOST = 90_000;
/** What is beyond is closed at once, so that files and memory suffice for those that are there. */
export const CONNECTIONS_AT_MOST = 1_000;

/**
 * Listens, with a limit to everything that a client may take.
 * @throws Error with one sentence for a person: a port taken
 */
export async function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  { host, port }: { host: string; port: number },
): Promise<ServerType> {
  const server = serve({ fetch, hostname: host, port, createServer, serverOptions: PATIENCE });
  limit(server);
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE')
      throw new Error(
        `port ${port} on ${host} is taken: stop what uses it, or set ALERT_BOT_LISTEN to another one`,
      );
    throw new Error(`cannot listen on ${host}:${port} (ALERT_BOT_LISTEN): ${String(error)}`);
  }
}

function limit(server: ServerType): void {
  server.setTimeout(SILENT_AT_MOST);
  server.maxConnections = CONNECTIONS_AT_MOST;
  // Who only waits for a next request makes room for who has one.
  server.on('drop', () => 'closeIdleConnections' in server && server.closeIdleConnections());
  server.on('clientError', refuse);
}

/** What Node refuses by itself, in the form of all our errors. */
function refuse(error: Error, socket: Duplex): void {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, name, message] = REFUSALS[code] ?? NOT_HTTP;
  const problem = problemOf(name, message);
  const body = JSON.stringify({ ...problem, status: Number.parseInt(status, 10) });
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: ${PROBLEM_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    // Not left half-open to one who never closes.
    () => socket.destroy(),
  );
}

const NOT_HTTP = ['400 Bad Request', 'invalid', 'this is no HTTP/1.1 request'] as const;
const REFUSALS: Readonly<Record<string, readonly [status: string, code: ProblemCode, message: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [
    '503 Service Unavailable',
    'too_slow',
    `a request has ${PATIENCE.headersTimeout / 1_000} s for its headers and ${PATIENCE.requestTimeout / 1_000} s in all; send it again`,
  ],
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    'too_large',
    `headers are at most ${PATIENCE.maxHeaderSize / 1_024} kB`,
  ],
};

/** Answers what was accepted, closes idle connections, and the rest after two seconds. */
export function closeServer(server: ServerType): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  if ('closeIdleConnections' in server) {
    // A connection that was busy becomes idle later and would hold the exit for the keep-alive time.
    const idle = setInterval(() => server.closeIdleConnections(), 100);
    const all = setTimeout(() => server.closeAllConnections(), 2_000);
    void promise.finally(() => {
      clearInterval(idle);
      clearTimeout(all);
    });
  }
  return promise;
}
