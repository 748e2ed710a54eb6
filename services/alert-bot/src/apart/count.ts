import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Millis } from '../domain/duration.ts';
import type { Db } from '../store/db.ts';
import type { Stretch } from '../store/hours.ts';
import { type CountQuestion, counted } from './count-question.ts';

/** Questions that are asked or wait; more wait for longer than anybody looks at a page. */
const WAITING_AT_MOST = 4;
/** All of a log of a million incidents takes some three seconds of a core. */
const AT_MOST: Millis = 15_000;
/** It looks at the time between two reads. One that takes longer than this is not waited for. */
const GRACE: Millis = 3_000;
/** A thread without questions takes some 40 MB for nothing. */
const IDLE: Millis = 30_000;

export type CountResult = { stretches: readonly Stretch[] } | { refused: 'busy' | 'too_long' };
export type Asked = Omit<CountQuestion, 'atMost'>;

/**
 * Counts what matches a filter, in a thread with a reader of its own: it may read the whole log, and the bot's own thread has
 * alerts to look after. The thread is there from the first question until half a minute after the last; questions wait for each
 * other, and the same one asked again meanwhile is counted once.
 */
export function createCounts(
  { name: file }: Pick<Db, 'name'>,
  stopping: AbortSignal,
  { atMost = AT_MOST, idle = IDLE, grace = GRACE } = {},
) {
  const open = new Map<string, Promise<CountResult>>();
  let last: Promise<unknown> = Promise.resolve();
  let worker: Worker | null = null;
  let resting: NodeJS.Timeout | undefined;

  function start(): Worker {
    const started = new Worker(new URL('./count-thread.ts', import.meta.url), {
      workerData: { file },
      // None of what the bot was told is its business, and it may not take the memory that the bot needs.
      ...{
        env: {},
        execArgv: [],
        resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2 },
      },
    });
    started.unref();
    const gone = (): void => {
      if (worker === started) worker = null;
    };
    // What is asked at the moment hears of it as well; without anybody who listens the process would end.
    started.on('error', gone);
    started.on('exit', gone);
    return started;
  }

  /** It closes its reader and ends. */
  function end(): void {
    clearTimeout(resting);
    worker?.postMessage(null);
    worker = null;
  }
  stopping.addEventListener('abort', end, { once: true });

  async function ask(asked: Asked): Promise<CountResult> {
    if (stopping.aborted) return { refused: 'busy' };
    clearTimeout(resting);
    worker ??= start();
    const thread = worker;
    const over = new AbortController();
    const answer = once(thread, 'message', { signal: over.signal });
    // A thread that ends without an answer is told by none of its other events.
    const gone = once(thread, 'exit', { signal: over.signal }).then((): never => {
      throw new Error('the thread that counts has ended');
    });
    const late = delay(atMost + grace, null, { signal: over.signal, ref: false });
    thread.postMessage({ ...asked, atMost } satisfies CountQuestion);
    try {
      const message = await Promise.race([answer, gone, late]);
      if (message === null) {
        void thread.terminate();
        worker = null;
        return { refused: 'too_long' };
      }
      const { stretches } = counted.parse(message[0]);
      return stretches === null ? { refused: 'too_long' } : { stretches };
    } finally {
      over.abort();
      await Promise.allSettled([answer, gone, late]);
      resting = setTimeout(end, idle).unref();
    }
  }

  return {
    /** Whether there is a thread now. */
    running: () => worker !== null,
    /** @throws Error where the thread failed; the next question has a new one */
    count(asked: Asked): Promise<CountResult> {
      const key = JSON.stringify(asked);
      const same = open.get(key);
      if (same !== undefined) return same;
      if (open.size >= WAITING_AT_MOST) return Promise.resolve({ refused: 'busy' });
      const result = last.then(() => ask(asked)).finally(() => open.delete(key));
      open.set(key, result);
      last = result.catch(() => undefined);
      return result;
    },
  };
}

export type Counts = ReturnType<typeof createCounts>;
