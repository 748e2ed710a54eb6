import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Metrics } from './metrics.ts';

/** What machines ask of this service: whether it runs, and its metrics. */
export function opsHandler(metrics: Metrics) {
  const answer = async ({ method, url = '/' }: IncomingMessage, response: ServerResponse) => {
    const path = url.split('?')[0];
    if (method === 'GET' && path === '/metrics')
      response.setHeader('content-type', metrics.contentType).end(await metrics.text());
    else if (method === 'GET' && path === '/livez')
      response.setHeader('content-type', 'application/json').end('{"status":"ok"}');
    else
      response
        .writeHead(404, { 'content-type': 'application/json' })
        .end('{"error":{"code":"not_found","message":"There are GET /livez and GET /metrics."}}');
  };
  return (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response).catch(() => response.destroy());
  };
}
