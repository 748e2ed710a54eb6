import { StringDecoder } from 'node:string_decoder';
import { collect } from '../collect.ts';
import type { Bytes } from '../domain/bytes.ts';
import { HttpError } from './errors.ts';

/** Why a body was not taken. */
export class BodyError extends Error {
  override name = 'BodyError';
  readonly why: 'too_large' | 'overloaded' | 'broken_off';
  constructor(why: BodyError['why'], message: string) {
    super(message);
    this.why = why;
  }
}

/** What is answered to whoever sent it. One that broke off is no failure of the bot's. */
export const refusalOf = ({ why, message }: BodyError): HttpError =>
  why === 'broken_off' ? new HttpError('invalid', message, '(body)') : new HttpError(why, message);

/** Up to here what is announced counts at once: reading piece by piece would cost more than it protects. */
const SMALL: Bytes = 64 * 1024;
const MB = 1024 * 1024;
const LARGE: Bytes = 1 * MB;

export interface Limit {
  /** Of one body. */
  each: Bytes;
  /** What to do about a larger one. */
  remedy: string;
}

/**
 * Reads a body whole, whether its length is announced or not.
 * @param take is told of what comes, or of all of it beforehand where that is little; may throw a BodyError
 * @throws BodyError where it is not taken
 */
export async function readBody(
  request: Request,
  { each, remedy }: Limit,
  take: (bytes: Bytes) => void = () => undefined,
): Promise<string> {
  const assertFits = (size: Bytes): void => {
    if (size > each) throw new BodyError('too_large', `the body is over ${each / MB} MB; ${remedy}`);
  };
  try {
    const announced = announcedBy(request);
    if (announced !== null) assertFits(announced);
    // Not even asked whether there is a stream: the server would have to make one.
    if (announced !== null && announced <= SMALL) {
      take(announced);
      return await request.text();
    }
    if (request.body === null) return '';
    // Decoded as it comes: the pieces beside the whole of them would be twice the memory.
    const decoder = new StringDecoder('utf8');
    let size: Bytes = 0;
    let text = '';
    for await (const piece of request.body) {
      size += piece.length;
      assertFits(size);
      take(piece.length);
      text += decoder.write(piece);
    }
    text += decoder.end();
    return text.startsWith('\uFEFF') ? text.slice(1) : text;
  } catch (error) {
    if (error instanceof BodyError) throw error;
    throw new BodyError('broken_off', 'the body broke off before its end: send it again');
  }
}

/**
 * Reads bodies, and counts what all of them hold in memory until each is done with. Of a large one that comes slowly
 * only what has come counts, so that one who announces much and sends nothing shuts nobody out.
 */
export function createBodies({ together, ...limit }: Limit & { together: Bytes }) {
  let held: Bytes = 0;
  let turn = Promise.resolve();

  /** Large ones one after the other: parsed and bound to a statement, one takes up several times its size for a moment. */
  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = turn;
    const mine = Promise.withResolvers<void>();
    turn = mine.promise;
    await before;
    try {
      return await work();
    } finally {
      collect();
      mine.resolve();
    }
  }

  return {
    /**
     * Reads the body of a request and hands it to `use`; it counts until that has ended.
     * @throws BodyError where it is not taken, and whatever `use` throws
     */
    async read<T>(request: Request, use: (body: string) => Promise<T>): Promise<T> {
      let own: Bytes = 0;
      const take = (bytes: Bytes): void => {
        if (held + bytes > together)
          throw new BodyError(
            'overloaded',
            `over ${together / MB} MB are being received; send it again later`,
          );
        held += bytes;
        own += bytes;
      };
      try {
        const body = await readBody(request, limit, take);
        if (own <= LARGE) return await use(body);
        return await inTurn(() => use(body));
      } finally {
        held -= own;
      }
    },
    held: () => held,
  };
}

export type Bodies = ReturnType<typeof createBodies>;

/** The length that a request names; none where it comes in chunks. */
function announcedBy({ headers }: Request): Bytes | null {
  if (headers.has('transfer-encoding')) return null;
  const text = headers.get('content-length');
  return text === null ? null : Number.parseInt(text, 10);
}
