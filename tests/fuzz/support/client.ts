/** A client that sends what it is given, byte by byte, where Node's own refuses to. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Sent } from './requests.ts';

export interface Answer {
  /** 0: the connection was closed without one. */
  status: number;
  body: string;
  ms: number;
}

const PATIENCE_MS = 30_000;

/** Sends one thing after the other over one connection, and over a new one where the bot closes it. */
export function createClient(port: number) {
  let open: Socket | undefined;

  async function connection(): Promise<Socket> {
    if (open !== undefined && !open.destroyed && open.readable) return open;
    const socket = connect(port, '127.0.0.1');
    socket.setNoDelay();
    socket.on('error', () => {});
    await once(socket, 'connect');
    open = socket;
    return socket;
  }

  async function exchange(
    bytes: Buffer,
    { last, bodiless }: { last: boolean; bodiless: boolean },
  ): Promise<Answer> {
    const socket = await connection();
    const began = performance.now();
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    let received = Buffer.alloc(0);
    const limit = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS);
    const done = () => resolve({ ...read(received), ms: performance.now() - began });
    const onData = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (!last && isWhole(received, bodiless)) done();
    };
    socket.on('data', onData);
    socket.once('close', done);
    // Half closed, so that the bot does not wait for more than there is.
    if (last) socket.end(bytes);
    else socket.write(bytes);
    try {
      return await promise;
    } finally {
      clearTimeout(limit);
      socket.off('data', onData);
      socket.off('close', done);
      if (last) discard();
    }
  }

  /** With a reset, as thousands of ports would otherwise wait out their minute. */
  function discard(): void {
    open?.resetAndDestroy();
    open = undefined;
  }

  return {
    async send(sent: Sent): Promise<Answer> {
      const once = () => exchange(bytesOf(sent), { last: false, bodiless: sent.method === 'HEAD' });
      const answer = await once();
      // A server may close a connection between two requests, for being idle or for a body it did not want.
      return answer.status === 0 ? once() : answer;
    },
    /** On a connection of its own. */
    raw(bytes: Buffer): Promise<Answer> {
      discard();
      return exchange(bytes, { last: true, bodiless: false });
    },
    close: discard,
  };
}

function bytesOf({ method, path, headers, body }: Sent): Buffer {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: bot',
    `Content-Length: ${body.length}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body]);
}

const headOf = (text: string) => text.slice(0, text.indexOf('\r\n\r\n') + 4);

function isWhole(received: Buffer, bodiless: boolean): boolean {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const head = received.toString('latin1', 0, end + 2);
  if (bodiless) return true;
  const length = /^content-length: (\d+)\r$/im.exec(head)?.[1];
  if (length !== undefined) return received.length >= end + 4 + Number(length);
  return (
    /^transfer-encoding: chunked\r$/im.test(head) && received.subarray(-5).toString('latin1') === '0\r\n\r\n'
  );
}

function read(received: Buffer): Omit<Answer, 'ms'> {
  const text = received.toString('utf8');
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0),
    body: text.slice(headOf(text).length),
  };
}
