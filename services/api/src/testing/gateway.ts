/** Gateways that answer as a test wants, and that can be held. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Server as Wire } from 'node:net';

/** Listens on a free port of 127.0.0.1. */
export async function listening(server: Server | Wire): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

export async function startGateway(answer: RequestListener): Promise<{ url: string; close(): void }> {
  const server = createServer(answer);
  const url = await listening(server);
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url, close };
}

/** A gateway that authorises everything, but nothing before `open` is called. `asked` counts the charges. */
export async function startHeldGateway() {
  const waiting = new Set<() => void>();
  let held = true;
  let asked = 0;
  const gateway = await startGateway((_request, response) => {
    asked += 1;
    const answer = () => response.end('{"status":"authorised"}');
    if (held) waiting.add(answer);
    else answer();
  });
  return {
    ...gateway,
    asked: () => asked,
    open() {
      held = false;
      for (const answer of waiting) answer();
      waiting.clear();
    },
  };
}
