// For the tests only: a real HTTP server in the place of a webhook or of Grafana, which keeps what it was sent and answers in
// every way in which such a server can.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** What it does with the next requests. */
export type Answer =
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: string }
  /** Takes the request and never answers. */
  | { kind: 'hang' }
  /** Cuts the connection after the request. */
  | { kind: 'cut' }
  /** Answers 200 and then sends without an end. */
  | { kind: 'endless' };

/** @param taken comes before each answer */
export async function startReceiver(taken: (received: Received) => void = () => undefined) {
  const received: Received[] = [];
  const state: { answer: Answer } = { answer: { kind: 'status', status: 200, body: 'ok' } };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const one = { path: request.url ?? '', headers: request.headers, body };
    received.push(one);
    taken(one);
    give(state.answer, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    received,
    set answer(answer: Answer) {
      state.answer = answer;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function give(answer: Answer, response: ServerResponse): void {
  switch (answer.kind) {
    case 'hang':
      return;
    case 'cut':
      response.destroy();
      return;
    case 'endless': {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
      return;
    }
    case 'status':
      response.writeHead(answer.status, answer.headers).end(answer.body ?? '');
  }
}
