// For the tests and the stack without Docker: ports that stay free until they are used, and while they are not.
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/**
 * Below what kernels give to connections that go out (Linux 32768 to 60999, macOS and IANA 49152 to 65535): while a
 * service is being restarted, a client of somebody else must not be given its port.
 */
const FIRST = 16_384;
const LAST = 32_767;

/** Ports that a process claims at once. The first of a block is the claim, the others are handed out. */
const BLOCK = 32;

let claimed: { next: number; end: number } | undefined;

/**
 * A port of 127.0.0.1 that nobody listens on and that no other process is given by this function, as long as this one
 * lives: each process claims blocks of its own, by listening on the first port of the block.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    if (claimed === undefined || claimed.next === claimed.end) claimed = await claim();
    // Taken before anything is awaited: two callers at a time get two ports.
    const port = claimed.next++;
    const server = await listen(port);
    if (server === undefined) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

async function claim(): Promise<{ next: number; end: number }> {
  const blocks = (LAST + 1 - FIRST) / BLOCK;
  // From a random block on, so that processes that begin together seldom ask for the same one.
  const from = Math.floor(Math.random() * blocks);
  for (let i = 0; i < blocks; i++) {
    const first = FIRST + ((from + i) % blocks) * BLOCK;
    const server = await listen(first);
    if (server === undefined) continue;
    server.unref();
    return { next: first + 1, end: first + BLOCK };
  }
  throw new Error(`Every block of ${BLOCK} ports between ${FIRST} and ${LAST} on 127.0.0.1 is taken.`);
}

async function listen(port: number): Promise<Server | undefined> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return server;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return undefined;
    throw error;
  }
}
