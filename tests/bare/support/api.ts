import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { until } from '../../../scripts/stack/until.ts';
import { ask } from './ask.ts';

export type Fault =
  | { kind: 'errors'; rate: number; sticky?: boolean }
  | { kind: 'latency'; ms: number; sticky?: boolean }
  | { kind: 'leak'; mb_per_minute: number }
  | { kind: 'pool'; connections: number }
  | { kind: 'slow_database'; ms: number }
  | { kind: 'crash' };

export type Api = ReturnType<typeof apiClient>;

/** The workload as its users and as those who break it see it. */
export function apiClient(address: string, faultsTokenFile: string) {
  const token = readFileSync(faultsTokenFile, 'utf8').trim();
  const faults = `${address}/faults`;
  let traffic: { end: AbortController; over: Promise<void> } | undefined;

  /** The status, or 0 where nobody answers. */
  async function get(path: string): Promise<number> {
    try {
      const response = await fetch(address + path, { signal: AbortSignal.timeout(3_000) });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return 0;
    }
  }

  /** A purchase, which the api asks payments about. */
  async function buy(): Promise<number> {
    try {
      const response = await fetch(`${address}/transactions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ amount: 1_250, currency: 'EUR', description: 'a book' }),
        signal: AbortSignal.timeout(3_000),
      });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return 0;
    }
  }

  async function keepAsking(end: AbortSignal, ask: () => Promise<number>): Promise<void> {
    while (!end.aborted) {
      const asked = ask();
      // Users do not wait for each other.
      await Promise.race([asked, delay(100)]);
      await delay(50, undefined, { signal: end }).catch(() => undefined);
    }
  }

  return {
    get,
    break: (fault: Fault) => ask(faults, z.unknown(), { method: 'POST', token, body: fault }),
    /** Clears every fault, as soon as it answers: it may just be restarted. */
    mend: () =>
      until(() => ask(faults, z.unknown(), { method: 'DELETE', token }).then(() => true), {
        what: 'the faults to be cleared',
      }),
    /** Users who read their transactions, or buy, about fifteen times a second, until `silence`. */
    use(what: 'reading' | 'buying' = 'reading'): void {
      if (traffic !== undefined) return;
      const end = new AbortController();
      const asked = what === 'buying' ? buy : () => get('/transactions?limit=1');
      traffic = { end, over: keepAsking(end.signal, asked) };
    },
    async silence(): Promise<void> {
      traffic?.end.abort();
      await traffic?.over;
      traffic = undefined;
    },
  };
}
