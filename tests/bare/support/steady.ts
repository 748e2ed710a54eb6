import { setTimeout as delay } from 'node:timers/promises';
import { atRate, quantileOf } from '../../support/load.ts';

/** How long an address took to answer 200 while something else went on, in milliseconds; each 20 ms it is asked. */
export interface Steady {
  worst: number;
  p99: number;
  asked: number;
}

/** Asks until the work is over, one second at least. @throws where an answer was another than 200 */
export async function steadily(base: string, path: string, work: () => Promise<void>): Promise<Steady> {
  const latencies: number[] = [];
  let over = false;
  const working = Promise.all([work(), delay(1_000)]).finally(() => {
    over = true;
  });
  // A failure is told below; until then the asking goes on.
  working.catch(() => undefined);
  while (!over) {
    const result = await atRate(base, () => ({ method: 'GET', path }), { perSecond: 50, seconds: 0.5 });
    const others = [...result.statuses.keys()].filter((status) => status !== 200);
    if (others.length > 0) throw new Error(`${path} answered ${others.join(', ')}`);
    latencies.push(...result.latencies);
  }
  await working;
  latencies.sort((a, b) => a - b);
  return {
    worst: latencies.at(-1) ?? Number.NaN,
    p99: quantileOf(latencies, 0.99),
    asked: latencies.length,
  };
}
