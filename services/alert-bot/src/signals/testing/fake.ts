// For the tests only: servers that do what a healthy Prometheus or Alertmanager does not.
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';

/** An HTTP server on a free port with the given behaviour; a listener that does nothing is one that hangs. */
export async function startFake(listener: RequestListener): Promise<AsyncDisposable & { url: URL }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  return {
    url: new URL(`http://127.0.0.1:${address.port}/`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Answers everything the same way. */
export const always =
  (status: number, body: string, type = 'application/json'): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': type }).end(body);
  };
