import type { LastingFault } from './fault.ts';

/** Ends what a fault does to the process. */
export type End = () => void;

/** What faults act on beside requests. */
export interface Victims {
  /** Keeps a connection of the pool until the signal aborts. */
  holdConnection(signal: AbortSignal): Promise<void>;
  /** Memory of the process and the most it may have, in bytes. */
  memory(): { used: number; limit: number };
}

/** Does to the process what a fault stands for; undefined: it acts on requests or in the database only. */
export function startEffect(fault: LastingFault, victims: Victims): End | undefined {
  switch (fault.kind) {
    case 'block':
      return block(fault.ms, fault.every_ms);
    case 'leak':
      return leak(fault.mb_per_minute, fault.max_mb, victims);
    case 'pool':
      return hold(fault.connections, victims);
    default:
      return undefined;
  }
}

/** Computes for `ms` in every `everyMs`: nothing else runs meanwhile, as with a careless loop or a huge JSON. */
function block(ms: number, everyMs: number): End {
  const timer = setInterval(() => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  }, everyMs);
  return () => clearInterval(timer);
}

const megabyte = 1024 * 1024;
const leakEveryMs = 100;

/**
 * Keeps more and more memory. It stops at `maxMb`, and at nine tenths of what the process may have: there HighMemory
 * fires, and no kernel ends the process before anybody could see why.
 */
function leak(mbPerMinute: number, maxMb: number, { memory }: Victims): End {
  const kept: Buffer[] = [];
  const chunk = Math.ceil((mbPerMinute * megabyte * leakEveryMs) / 60_000);
  const timer = setInterval(() => {
    const { used, limit } = memory();
    if (kept.length * chunk >= maxMb * megabyte || used + chunk > limit * 0.9) return;
    // Filled, or the kernel would not count it.
    kept.push(Buffer.alloc(chunk, 1));
  }, leakEveryMs);
  return () => {
    clearInterval(timer);
    kept.length = 0;
  };
}

/** Takes connections out of the pool, as queries that never end would. */
function hold(connections: number, { holdConnection }: Victims): End {
  const ended = new AbortController();
  for (let taken = 0; taken < connections; taken += 1) void holdConnection(ended.signal);
  return () => ended.abort();
}
