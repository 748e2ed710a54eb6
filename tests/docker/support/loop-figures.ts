import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Loop } from './loop.ts';

const LOOK_EVERY = 100;

export interface Healing {
  /** From the first 5xx until the new process was asked and answered well, in seconds. */
  answers: number;
  /** From the first 5xx until the engine calls the new process healthy, in seconds. */
  healthy: number;
}

/** The README's way to break it: twenty quick errors, and nothing before or after. */
export async function twentyErrors(loop: Loop): Promise<void> {
  const statuses = await Promise.all(Array.from({ length: 20 }, () => loop.api.get('/error')));
  if (statuses.some((status) => status !== 500)) throw new Error(`/error answers ${statuses.join(' ')}`);
}

/** Every request fails from now on until the api is restarted, with users who notice. */
export async function onlyErrors(loop: Loop): Promise<void> {
  await loop.api.break({ kind: 'errors', rate: 1 });
  loop.api.use();
}

/** Breaks the api and measures, on one clock, how long it takes until it is well again. */
export async function measureHealing(loop: Loop, breakIt: (loop: Loop) => Promise<void>): Promise<Healing> {
  const before = await loop.look('api');
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1_000;
  await breakIt(loop);
  let answers: number | undefined;
  while (seconds() < 120) {
    const { startedAt, health } = await loop.look('api');
    if (startedAt !== before.startedAt) {
      if (answers === undefined && (await loop.api.get('/transactions?limit=1')) === 200) answers = seconds();
      if (answers !== undefined && health === 'healthy') {
        const healthy = seconds();
        await loop.api.silence();
        console.log(
          `${breakIt.name}: answers well again ${answers.toFixed(1)} s after the first 5xx, healthy after ${healthy.toFixed(1)} s`,
        );
        return { answers, healthy };
      }
    }
    await delay(LOOK_EVERY);
  }
  throw new Error(`the api was not healthy again within 120 s\n${await loop.stories()}`);
}
