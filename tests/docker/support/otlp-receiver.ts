import { z } from 'zod';
import type { ComposeProject } from './compose-project.ts';
import { extra } from './loop.ts';

const SERVICE = 'otlp-receiver';

/** Keeps what comes in, unpacked, and answers how often some bytes (`hex`) were in what came to a path. */
const SCRIPT = `const { createServer } = require('node:http');
const { gunzipSync } = require('node:zlib');
const kept = [];
const answer = (request, response) => {
  const url = new URL(request.url, 'http://x');
  if (request.method === 'GET') {
    const wanted = url.searchParams.getAll('hex').map((hex) => Buffer.from(hex, 'hex'));
    const found = kept.filter(({ path, body }) => path === url.pathname && wanted.every((bytes) => body.includes(bytes)));
    return response.end(JSON.stringify({ found: found.length }));
  }
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    const body = Buffer.concat(pieces);
    kept.push({ path: url.pathname, body: request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body });
    response.setHeader('content-type', 'application/x-protobuf').end();
  });
};
for (const port of [4318, 3100]) createServer(answer).listen(port);
process.on('SIGTERM', () => process.exit(0));`;

/** Stands where Tempo and Loki are: the collector sends to it what it would send to them. */
export const otlpReceiver = {
  [SERVICE]: extra(SCRIPT, {
    network_mode: undefined,
    networks: { signals: { aliases: ['tempo', 'loki'] } },
    labels: {},
  }),
};

/** How many requests to this path held all of these: text, or the bytes of an id. */
export async function received(
  project: ComposeProject,
  path: '/v1/traces' | '/otlp/v1/logs',
  ...parts: readonly (string | { id: string })[]
): Promise<number> {
  const hex = parts.map((part) => (typeof part === 'string' ? Buffer.from(part).toString('hex') : part.id));
  const query = hex.map((one) => `hex=${one}`).join('&');
  const ask = `fetch('http://127.0.0.1:4318${path}?${query}').then((r) => r.text()).then(console.log)`;
  const answer = await project.exec(SERVICE, 'node', '-e', ask);
  return z.object({ found: z.number() }).parse(JSON.parse(answer)).found;
}
