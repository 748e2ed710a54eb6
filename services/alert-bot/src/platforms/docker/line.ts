import { Agent, type ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Millis } from '../../domain/duration.ts';

/** More than any answer of an engine holds; what never stops talking must not fill our memory. */
const LONGEST_ANSWER = 64 * 1024 * 1024;
const LOOK_EVERY: Millis = 100;

/**
 * The connection of one call: its own, since on a kept one a reset would not tell whether this call was read.
 * It knows how far the call came, which dockerode does not say, and ends what dockerode waits for for ever: an
 * answer whose connection broke in the middle.
 */
export class Line extends Agent {
  connected = false;
  outOfTime = false;
  readonly #broken = Promise.withResolvers<never>();
  readonly #limit: NodeJS.Timeout;
  #watch: NodeJS.Timeout | undefined;

  constructor(atMost: Millis) {
    super({ keepAlive: false });
    // Nobody may be listening any more when the connection closes after an answer.
    this.#broken.promise.catch(() => {});
    this.#limit = setTimeout(() => {
      this.outOfTime = true;
      this.#broken.reject(new Error(`no answer within ${atMost} ms`));
    }, atMost);
  }

  /** Rejects when the time is over, or the connection gone before the answer was complete. */
  get broken(): Promise<never> {
    return this.#broken.promise;
  }

  override createConnection(
    options: ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const socket = super.createConnection(options, callback);
    socket?.once('connect', () => {
      this.connected = true;
    });
    // A round later: what the close says in its own words, or an answer that was complete, comes first.
    socket?.once('close', () =>
      setImmediate(() => this.#broken.reject(new Error('the connection was closed before the answer ended'))),
    );
    this.#watch = setInterval(() => {
      if (socket !== null && socket !== undefined && bytesRead(socket) > LONGEST_ANSWER)
        this.#broken.reject(new Error(`the answer is longer than ${LONGEST_ANSWER} bytes`));
    }, LOOK_EVERY);
    return socket;
  }

  /** Gives up whatever is still under way, and closes the connection. */
  hangUp(): void {
    clearTimeout(this.#limit);
    clearInterval(this.#watch);
    this.destroy();
  }
}

const bytesRead = (socket: Duplex): number =>
  'bytesRead' in socket && typeof socket.bytesRead === 'number' ? socket.bytesRead : 0;
