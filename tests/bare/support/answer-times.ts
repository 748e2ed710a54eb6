import { setTimeout as delay } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { z } from 'zod';

// In a thread of its own: what the test does meanwhile must not look like the slowness of whom it asks.
if (!isMainThread && parentPort !== null && workerData?.answerTimesOf !== undefined)
  await watch(z.string().parse(workerData.answerTimesOf), parentPort);

/** Asks this address ten times a second, until `end`, which says in milliseconds how long each answer took, in order. */
export function answerTimes(url: string): { end(): Promise<number[]> } {
  const worker = new Worker(new URL(import.meta.url), { workerData: { answerTimesOf: url } });
  const { promise, resolve, reject } = Promise.withResolvers<number[]>();
  worker.once('message', (said) => resolve(z.array(z.number()).parse(said)));
  worker.once('error', reject);
  return {
    end: () => {
      worker.postMessage('enough');
      return promise.finally(() => worker.terminate());
    },
  };
}

async function watch(url: string, port: NonNullable<typeof parentPort>): Promise<void> {
  let enough = false;
  const took: number[] = [];
  port.once('message', () => {
    enough = true;
  });
  do {
    const asked = performance.now();
    const answer = await fetch(url, { signal: AbortSignal.timeout(20_000) });
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
    took.push(performance.now() - asked);
    await delay(100);
  } while (!enough);
  port.postMessage(took);
}
