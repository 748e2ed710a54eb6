import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type Docker from 'dockerode';

/** The end of a log is what matters: so much of it is kept. */
const KEPT_BYTES = 1024 * 1024;

/** Reads the last lines of a container's log, both streams in the order they were written. */
export async function readLogs(docker: Docker, id: string, lines: number, tty: boolean): Promise<string> {
  const body = await openLogs(docker, id, lines);
  const tail = createTail(KEPT_BYTES);
  const push = tty ? (chunk: Buffer) => tail.push(chunk, 0) : createDemux(tail.push);
  body.on('data', push);
  await finished(body);
  return lastLines(tail.text(), lines);
}

/**
 * dockerode's own `logs` reads the whole answer into memory, and takes a log that happens to be JSON for an
 * object; as a stream it only follows, for ever. So its modem is asked for a stream that ends.
 */
function openLogs(docker: Docker, id: string, lines: number): Promise<Readable> {
  const { promise, resolve, reject } = Promise.withResolvers<Readable>();
  const request = {
    path: `/containers/${id}/logs?`,
    method: 'GET',
    isStream: true,
    statusCodes: { 200: true },
    options: { stdout: true, stderr: true, tail: lines },
  };
  docker.modem.dial(request, (error: unknown, body: unknown) => {
    if (body instanceof Readable) resolve(body);
    else reject(error ?? new Error('no stream'));
  });
  return promise;
}

/** The last bytes of what is pushed. Where the stream changes in the middle of a line, a new line begins. */
export function createTail(limit: number) {
  const chunks: Buffer[] = [];
  let size = 0;
  let last: { stream: number; endsLine: boolean } | null = null;
  const add = (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    for (let first = chunks[0]; first !== undefined && size - first.length >= limit; first = chunks[0]) {
      size -= first.length;
      chunks.shift();
    }
  };
  return {
    push(chunk: Buffer, stream: number): void {
      if (chunk.length === 0) return;
      if (last !== null && last.stream !== stream && !last.endsLine) add(Buffer.from('\n'));
      add(chunk);
      last = { stream, endsLine: chunk.at(-1) === 10 };
    },
    text: (): string => Buffer.concat(chunks).subarray(-limit).toString('utf8'),
  };
}

/** Takes Docker's frames apart: a stream's number, three empty bytes, the length, the payload; cut anywhere. */
export function createDemux(payload: (chunk: Buffer, stream: number) => void): (chunk: Buffer) => void {
  let header: Buffer = Buffer.alloc(0);
  let left = 0;
  return (incoming) => {
    let chunk = incoming;
    while (chunk.length > 0) {
      if (left === 0) {
        const missing = 8 - header.length;
        header = Buffer.concat([header, chunk.subarray(0, missing)]);
        chunk = chunk.subarray(missing);
        if (header.length < 8) return;
        left = header.readUInt32BE(4);
        // An empty frame is followed by the next header.
        if (left === 0) header = Buffer.alloc(0);
        continue;
      }
      const part = chunk.subarray(0, left);
      payload(part, header[0] ?? 0);
      left -= part.length;
      chunk = chunk.subarray(part.length);
      if (left === 0) header = Buffer.alloc(0);
    }
  };
}

function lastLines(text: string, count: number): string {
  const lines = text.split('\n');
  const ended = lines.at(-1) === '';
  const from = lines.length - count - (ended ? 1 : 0);
  return from <= 0 ? text : lines.slice(from).join('\n');
}
