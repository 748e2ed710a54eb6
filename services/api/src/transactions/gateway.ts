import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { NewTransaction } from './transaction.ts';

/** What the gateway made of a charge. `failed`, `timed_out` and `unreachable` are its trouble, not the customer's. */
export type GatewayAnswer =
  | { outcome: 'authorised' }
  | { outcome: 'declined'; reason: string }
  | { outcome: 'failed' | 'timed_out' | 'unreachable'; cause: Error };

export interface Gateway {
  /** Asks for the money of a transaction. Never rejects, and answers within `timeoutMs`. */
  authorise(transaction: NewTransaction & { id: string }): Promise<GatewayAnswer>;
}

export interface GatewayOptions {
  /** http://host:port of services/payments. */
  url: string;
  /** Milliseconds for everything together, asking again included. */
  timeoutMs: number;
  /** Told of every charge that was asked for, with its duration in milliseconds. */
  onAnswer(answer: GatewayAnswer, durationMs: number): void;
  now: () => number;
}

const authorisation = z.discriminatedUnion('status', [
  z.object({ status: z.literal('authorised') }),
  z.object({ status: z.literal('declined'), reason: z.string() }),
]);

/** Until a gateway that is being restarted has had a chance to come back. */
const pauseMs = 200;

/** The payment gateway, over HTTP. */
export function createGateway({ url, timeoutMs, onAnswer, now }: GatewayOptions): Gateway {
  const address = new URL('authorisations', url.endsWith('/') ? url : `${url}/`);

  const ask = async ({ id, amount, currency }: NewTransaction & { id: string }, signal: AbortSignal) => {
    const response = await fetch(address, {
      method: 'POST',
      // The same for every try, so that a charge whose answer was lost is not made twice.
      headers: { 'content-type': 'application/json', 'idempotency-key': id },
      body: JSON.stringify({ amount, currency }),
      redirect: 'error',
      signal,
    });
    const text = await response.text();
    return response.ok ? readAnswer(text) : failed(`the gateway answers ${response.status}`);
  };

  const askTwice = async (transaction: NewTransaction & { id: string }): Promise<GatewayAnswer> => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      // Only a connection that breaks is worth another try: an answer, however bad, is one.
      return await ask(transaction, signal).catch(async (error: unknown) => {
        if (signal.aborted) throw error;
        await sleep(pauseMs, undefined, { signal });
        return ask(transaction, signal);
      });
    } catch (error) {
      if (signal.aborted)
        return {
          outcome: 'timed_out',
          cause: new Error(`the gateway did not answer within ${timeoutMs} ms`),
        };
      return { outcome: 'unreachable', cause: causeOf(error) };
    }
  };

  return {
    async authorise(transaction) {
      const started = now();
      const answer = await askTwice(transaction);
      onAnswer(answer, now() - started);
      return answer;
    },
  };
}

function readAnswer(text: string): GatewayAnswer {
  const read = authorisation.safeParse(parseJson(text));
  if (!read.success) return failed('the gateway answers what cannot be understood');
  return read.data.status === 'authorised'
    ? { outcome: 'authorised' }
    : { outcome: 'declined', reason: read.data.reason };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** fetch says only "fetch failed"; why stands behind it. */
function causeOf(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  return error.cause instanceof Error ? error.cause : error;
}

function failed(why: string): GatewayAnswer {
  return { outcome: 'failed', cause: new Error(why) };
}
