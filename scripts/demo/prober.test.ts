import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../stack/until.ts';
import { Prober } from './prober.ts';
import { readRequestLog } from './request-log.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'shop-demo-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('the prober', () => {
  it('sends ten a second, also while some are not answered, and logs each', async () => {
    let count = 0;
    const sockets = new Set<Socket>();
    const server = createServer((_, response) => {
      count += 1;
      if (count === 3) return;
      response.writeHead(count === 2 ? 500 : 200).end('x');
    }).listen(0, '127.0.0.1');
    server.on('connection', (socket) => sockets.add(socket));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await until(() => server.listening, { what: 'the server' });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const prober = new Prober(`http://127.0.0.1:${port}/`, join(root, 'requests.jsonl'));
    await until(() => prober.probes.length >= 25, { what: '25 requests' });
    await prober.stop();

    const log = readRequestLog(prober.file).toSorted((a, b) => a.sentAt - b.sentAt);
    expect(log.slice(0, 4).map(({ result }) => result)).toEqual([
      '200',
      '500',
      'no answer within 1 s',
      '200',
    ]);
    const lasted = Number(log.at(-1)?.sentAt) - Number(log[0]?.sentAt);
    // A busy machine sends some late, but none early.
    const gap = lasted / (log.length - 1);
    expect(gap).toBeGreaterThan(95);
    expect(gap).toBeLessThan(150);
    expect(prober.goodInARow()).toBeGreaterThanOrEqual(10);
    // Connections are kept: one, and another while the third request had it.
    expect(sockets.size).toBeLessThanOrEqual(4);
  });
});
