import { setTimeout as sleep } from 'node:timers/promises';
import { drain, listen } from '@shop/service/listener';
import { inSpan } from '@shop/service/telemetry/tracing';
import { createMetrics } from './metrics.ts';
import { opsHandler } from './ops.ts';
import type { Settings } from './options/read.ts';
import type { Reporter } from './results/reporter.ts';
import { createTally } from './results/tally.ts';
import { createClient } from './shop/client.ts';
import { createCustomer } from './shop/customer.ts';
import { perform } from './shop/perform.ts';
import { choose, type Random } from './users/random.ts';
import { live } from './users/user.ts';

/** What is under way when it is asked to stop gets this long; Docker kills after 10 s. */
const graceMs = 3_000;

export interface Deps {
  reporter: Reporter;
  random?: Random;
  /** A clock that never goes back, in milliseconds. */
  now?: () => number;
}

/** Wires the service. Nothing is opened before `run`. */
export function createTraffic(
  settings: Settings,
  { reporter, random = Math.random, now = () => performance.now() }: Deps,
) {
  const { users, demand, mix, segments, patienceMs, forMs } = settings;
  const metrics = createMetrics();
  const tally = createTally();
  const ask = createClient(settings.url);
  const stopped = new AbortController();
  const cut = new AbortController();
  let asked = false;

  const simulate = async (): Promise<number> => {
    const startedAt = now();
    const elapsed = () => now() - startedAt;
    const one = (number: number) => {
      const customer = createCustomer(`user-${number}`, choose(segments, random));
      return live({
        demand: { ...demand, perSecond: demand.perSecond / users },
        mix,
        patienceMs,
        random,
        elapsed,
        endsAtMs: forMs ?? Number.POSITIVE_INFINITY,
        stopped: stopped.signal,
        cut: cut.signal,
        // Where a trace begins: what a user wanted, whatever requests that took.
        perform: (action, signal) =>
          inSpan(action, { 'user.id': customer.name, 'user.segment': customer.segment }, async (span) => {
            asked = true;
            const performed = await perform(action, customer, { ask, random, signal });
            span.set({ 'action.outcome': performed.outcome });
            if (performed.outcome === 'error') span.fail(new Error(performed.reason));
            return performed;
          }),
        report(action, performed, latencyMs) {
          tally.add(action, performed, latencyMs);
          metrics.performed(action, performed.outcome, latencyMs / 1_000);
        },
      });
    };

    reporter.begun();
    metrics.usersAre(users);
    const progress = setInterval(() => reporter.progress(tally.totals(), elapsed()), reporter.everyMs);
    try {
      await Promise.all(Array.from({ length: users }, (_, index) => one(index + 1)));
      // The figures are those of the whole time, also where nothing was due at its end.
      const left = (forMs ?? 0) - elapsed();
      if (left > 0) await sleep(left, undefined, { signal: stopped.signal }).catch(() => undefined);
    } finally {
      clearInterval(progress);
      metrics.usersAre(0);
    }
    return elapsed();
  };

  return {
    /** Answers, when it has ended, whether the api never answered though asked. Throws a ListenError before that. */
    async run(): Promise<{ unanswered: boolean }> {
      const { listen: address } = settings;
      const listener =
        address === undefined ? undefined : await listen(opsHandler(metrics), address, 'TRAFFIC_LISTEN');
      if (address !== undefined && listener !== undefined)
        reporter.listening({ host: address.host, port: listener.port });
      try {
        const elapsedMs = await simulate();
        const totals = tally.totals();
        reporter.ended(totals, elapsedMs);
        return { unanswered: asked && !totals.answered };
      } finally {
        if (listener !== undefined) await drain(listener.server, 500);
      }
    },
    /** Begins nothing further; what is under way gets a moment, and is cut off then. */
    stop(): void {
      stopped.abort();
      setTimeout(() => cut.abort(), graceMs).unref();
    },
  };
}
