import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Stands where the engine's socket is and writes down what reaches it. Nothing that slips through does harm. */
export async function recordingEngine() {
  const folder = mkdtempSync(join(tmpdir(), 'recorder-'));
  const reached: string[] = [];
  const server = createServer((request, response) => {
    reached.push(`${request.method} ${request.url}`);
    request.resume();
    response.writeHead(200, { 'content-type': 'text/plain' }).end('reached');
  });
  server.on('upgrade', (request, socket) => {
    reached.push(`${request.method} ${request.url}`);
    socket.destroy();
  });
  server.listen(join(folder, 'docker.sock'));
  await once(server, 'listening');
  return {
    folder,
    reached,
    [Symbol.dispose]() {
      server.close();
      server.closeAllConnections();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Sends a request line as it is, which Node's client would refuse to. @returns the answer's status, 0 without one */
export function rawStatus(port: number, method: string, path: string, headers = ''): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  const done = () => {
    clearTimeout(limit);
    socket.destroy();
    resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0));
  };
  const limit = setTimeout(done, 5_000);
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1');
    if (answer.includes('\r\n\r\n')) done();
  });
  socket.on('error', done);
  socket.on('close', done);
  socket.write(
    `${method} ${path} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\nContent-Length: 0\r\n${headers}\r\n`,
  );
  return promise;
}
