import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Performed } from '../shop/perform.ts';
import { usualMix } from './action.ts';
import { live, type UserDeps } from './user.ts';

const done: Performed = { outcome: 'ok', reason: undefined, answered: true, retried: false };
/** With it the next thing is due one expected interval later: -ln(1 - x) is 1. */
const evenly = 1 - Math.exp(-1);

interface Reported {
  performed: Performed;
  latencyMs: number;
}

async function run(more: Partial<UserDeps>): Promise<Reported[]> {
  const reported: Reported[] = [];
  const startedAt = performance.now();
  await live({
    demand: { perSecond: 20, burst: undefined },
    mix: usualMix,
    patienceMs: 10_000,
    random: () => evenly,
    elapsed: () => performance.now() - startedAt,
    endsAtMs: 275,
    stopped: new AbortController().signal,
    cut: new AbortController().signal,
    perform: async () => done,
    report: (_, performed, latencyMs) => void reported.push({ performed, latencyMs }),
    ...more,
  });
  return reported;
}

test('does what is due until the end, and nothing that is due later', async () => {
  // At 50, 100, 150, 200 and 250 ms.
  expect(await run({})).toHaveLength(5);
});

test('a slow answer makes what follows late, and that counts: the latency is from when it was due', async () => {
  let first = true;
  const reported = await run({
    async perform() {
      if (first) await sleep(400);
      first = false;
      return done;
    },
  });
  const latencies = reported.map(({ latencyMs }) => latencyMs);
  expect(latencies).toHaveLength(5);
  // Asked 50 ms apart, all answered at about 450 ms: 400, 350, 300, 250, 200.
  for (const [index, least] of [400, 350, 300, 250, 200].entries())
    expect(latencies[index]).toBeGreaterThanOrEqual(least - 2);
});

test('what could not begin before the patience ended is an error, not forgotten', async () => {
  const reported = await run({
    patienceMs: 120,
    perform: (_, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () =>
          resolve({ ...done, outcome: 'error', reason: 'gave up waiting' }),
        );
      }),
  });
  expect(reported).toHaveLength(5);
  for (const { performed, latencyMs } of reported) {
    expect(performed.outcome).toBe('error');
    expect(latencyMs).toBeGreaterThanOrEqual(119);
    expect(latencyMs).toBeLessThan(400);
  }
});

test('asked to stop it begins nothing more, and what is cut off is not reported', async () => {
  const [stopped, cut] = [new AbortController(), new AbortController()];
  const reported = await run({
    endsAtMs: 60_000,
    stopped: stopped.signal,
    cut: cut.signal,
    perform(_, signal) {
      stopped.abort();
      cut.abort();
      expect(signal.aborted).toBe(true);
      return Promise.resolve(done);
    },
  });
  expect(reported).toEqual([]);
});
