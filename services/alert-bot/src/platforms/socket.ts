import { type IncomingMessage, request } from 'node:http';
import type { Millis } from '../domain/duration.ts';
import { PlatformError } from '../domain/platform.ts';

export interface SocketRequest {
  method: 'GET' | 'POST';
  path: string;
  /** For the whole exchange, the body of the answer included. */
  atMost: Millis;
  /** What is asked for, to complete "… did not answer when asked to ___". */
  purpose: string;
}

export interface SocketAnswer {
  status: number;
  text: string;
}

/** More than any answer of a supervisor holds; a socket that never stops talking must not fill our memory. */
const LONGEST_ANSWER = 16 * 1024 * 1024;

/**
 * One HTTP exchange over a Unix socket. What fails is told apart by how far the request had come, since that
 * decides whether it may have been carried out: before there was a connection it certainly was not.
 */
export async function askSocket(socketPath: string, ask: SocketRequest): Promise<SocketAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const stage = { connected: false, outOfTime: false };
  const sent = request({
    socketPath,
    method: ask.method,
    path: ask.path,
    // A connection of its own: on a kept one, a reset would not tell whether this request was read.
    agent: false,
  });
  sent.once('socket', (socket) =>
    socket.once('connect', () => {
      stage.connected = true;
    }),
  );
  sent.once('response', resolve);
  sent.on('error', reject);
  const limit = setTimeout(() => {
    stage.outOfTime = true;
    sent.destroy(new Error('no connection in time'));
  }, ask.atMost);
  sent.end();
  try {
    const response = await promise;
    return { status: response.statusCode ?? 0, text: await readText(response) };
  } catch (error) {
    throw failure(error, stage, socketPath, ask);
  } finally {
    clearTimeout(limit);
    sent.destroy();
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) {
    text += chunk;
    if (text.length > LONGEST_ANSWER)
      throw new Error(`the answer is longer than ${LONGEST_ANSWER} characters`);
  }
  return text;
}

function failure(
  error: unknown,
  stage: { connected: boolean; outOfTime: boolean },
  socketPath: string,
  { purpose, atMost }: SocketRequest,
): PlatformError {
  const reason = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const who = `the supervisor at ${socketPath}`;
  const options = { cause: error };
  if (!stage.connected)
    return new PlatformError(
      'unavailable',
      `${who} could not be asked to ${purpose}: ${reason}; ${remedy(code)}`,
      options,
    );
  // Asked of the stage, not of the error: in the middle of an answer Node reports the end of our patience as a
  // connection that was reset.
  if (stage.outOfTime)
    return new PlatformError(
      'timed_out',
      `${who} did not answer within ${atMost} ms when asked to ${purpose}; it may still do it`,
      options,
    );
  return new PlatformError(
    'in_doubt',
    `the connection to ${who} broke after it was asked to ${purpose} (${reason}); it may have done it`,
    options,
  );
}

function remedy(code: unknown): string {
  switch (code) {
    case 'ENOENT':
      return 'start the supervisor, or correct the path of the socket';
    case 'ECONNREFUSED':
      return 'nobody listens there any more: start the supervisor';
    case 'EACCES':
      return 'run the bot as the user that runs the supervisor';
    default:
      return 'check that the supervisor runs';
  }
}
