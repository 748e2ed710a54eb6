import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Action } from '../users/action.ts';
import { between, type Random } from '../users/random.ts';
import type { Ask, Reply, Wanted } from './client.ts';
import { type Customer, headersOf, keepBought, keepCookies, keepPage } from './customer.ts';
import { somethingToBuy } from './goods.ts';

export const outcomes = ['ok', 'declined', 'error'] as const;
export type Outcome = (typeof outcomes)[number];

/** How an action went. */
export interface Performed {
  outcome: Outcome;
  /** For an error, a short text of a closed kind: status and code, or why there was no answer. */
  reason: string | undefined;
  /** The api answered something, whatever it was. */
  answered: boolean;
  /** It was asked for again, with the same idempotency key. */
  retried: boolean;
}

export interface PerformDeps {
  ask: Ask;
  random: Random;
  /** Ends the waiting for an answer. */
  signal: AbortSignal;
}

/** Long enough for a service that is being restarted to listen again, most of the time. */
const retryAfterMs = 500;

/** A user does one thing. What they learn from the answer is kept in `customer`. */
export async function perform(action: Action, customer: Customer, deps: PerformDeps): Promise<Performed> {
  const { random, signal } = deps;
  const ask = (method: 'GET' | 'POST', path: string, more: Pick<Wanted, 'json' | 'headers'> = {}) =>
    deps.ask({ method, path, ...more, signal, headers: { ...headersOf(customer), ...more.headers } });

  switch (action) {
    case 'browse': {
      const reply = await ask('GET', `/transactions?${pageQuery(customer, random)}`);
      keepPage(customer, bodyOf(reply));
      return judge(reply);
    }
    case 'view': {
      const { seen } = customer;
      const id = seen[between(0, seen.length - 1, random)];
      // Who has seen nothing yet begins with the list.
      if (id === undefined) return perform('browse', customer, deps);
      return judge(await ask('GET', `/transactions/${id}`));
    }
    case 'buy': {
      const asked = { json: somethingToBuy(random), headers: { 'idempotency-key': randomUUID() } };
      const first = await ask('POST', '/transactions', asked);
      const retried = isWorthARetry(first) && (await waited(retryAfterMs, signal));
      const reply = retried ? await ask('POST', '/transactions', asked) : first;
      keepBought(customer, bodyOf(reply));
      return { ...judge(reply), answered: wasAnswered(first) || wasAnswered(reply), retried };
    }
    case 'sign_in': {
      const reply = await ask('POST', '/signin', {
        json: { user: customer.name, segment: customer.segment },
      });
      keepCookies(customer, reply.status === undefined ? [] : reply.cookies);
      return judge(reply);
    }
    case 'stats':
      return judge(await ask('GET', '/transactions/stats'));
    case 'batch': {
      const mode = random() < 0.5 ? 'sequential' : 'concurrent';
      return judge(await ask('POST', '/transactions/batch', { json: { n: between(5, 20, random), mode } }));
    }
    case 'settle':
      return judge(await ask('POST', '/settlements'));
  }
}

/** Half of those who can go on to the next page do; of the others, some look for one status only. */
function pageQuery({ nextPage }: Customer, random: Random): URLSearchParams {
  if (nextPage !== undefined && random() < 0.5) return new URLSearchParams({ limit: '20', cursor: nextPage });
  if (random() < 0.2) return new URLSearchParams({ limit: '20', status: 'completed' });
  return new URLSearchParams({ limit: '20' });
}

/**
 * Only where nobody knows what became of the purchase, or nothing did: no answer, a bug, a service that is away, or the
 * first request still being worked at. An answer that says how the payment ended would be the same again.
 */
function isWorthARetry(reply: Reply): boolean {
  if (reply.status === undefined) return reply.reason !== 'gave up waiting';
  return reply.status === 500 || reply.status === 503 || reply.code === 'key_in_flight';
}

/** False when the user's patience ended first. */
async function waited(ms: number, signal: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal }).catch(() => false);
}

function judge(reply: Reply): Performed {
  const rest = { answered: wasAnswered(reply), retried: false };
  if (reply.status === undefined) return { ...rest, outcome: 'error', reason: reply.reason };
  if (reply.status < 400) return { ...rest, outcome: 'ok', reason: undefined };
  // A declined card is the customer's business.
  if (reply.status === 402) return { ...rest, outcome: 'declined', reason: undefined };
  return { ...rest, outcome: 'error', reason: `${reply.status} ${reply.code ?? ''}`.trim() };
}

const wasAnswered = (reply: Reply) => reply.status !== undefined;
const bodyOf = (reply: Reply) => (reply.status !== undefined && reply.status < 400 ? reply.body : undefined);
