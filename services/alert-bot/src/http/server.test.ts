import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { closeServer, listen } from './server.ts';

let server: Awaited<ReturnType<typeof listen>>;
let port: number;
beforeAll(async () => {
  server = await listen(() => new Response('well'), { host: '127.0.0.1', port: 0 });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  port = address.port;
});
afterAll(() => closeServer(server));

/** Everything that is answered to these bytes until the connection is closed. */
async function answerTo(bytes: string): Promise<{ status: string | undefined; body: unknown }> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  socket.write(bytes);
  await once(socket, 'close');
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return { status: head.split(' ')[1], body: JSON.parse(body) };
}

test.each([
  ['no HTTP', 'Hello\r\n\r\n', '400', 'invalid', 'this is no HTTP/1.1 request'],
  [
    'headers of 17 kB',
    `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(17 * 1024)}\r\n\r\n`,
    '431',
    'too_large',
    'headers are at most 16 kB',
  ],
])('what Node refuses has the form of every error: %s', async (_, bytes, status, code, message) => {
  expect(await answerTo(bytes)).toMatchObject({ status, body: { code, detail: message } });
});

test('a port that is taken is told in a sentence', async () => {
  await expect(listen(() => new Response(), { host: '127.0.0.1', port })).rejects.toThrow(
    `port ${port} on 127.0.0.1 is taken: stop what uses it, or set ALERT_BOT_LISTEN to another one`,
  );
});
