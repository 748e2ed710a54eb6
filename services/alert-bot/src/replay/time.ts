import type { Instant, Millis } from '../domain/duration.ts';

/** Something that is going to happen. */
interface Timer {
  when: Instant;
  order: number;
  /** null: taken back. With a reason it is woken with that. */
  what: ((reason: Error | null) => void) | null;
}

/** Virtual time: it stands still while something runs, and leaps to what comes next. */
export interface VirtualTime {
  now(): Instant;
  /** When the next sleeper wakes; infinite where nobody sleeps. */
  next(): Instant;
  /** Time goes on; what sleeps until then is woken by `wakeNext` only. */
  goTo(when: Instant): void;
  /** Wakes the sleeper that is next. */
  wakeNext(): void;
  sleep(length: Millis, signal?: AbortSignal): Promise<void>;
  /** Whoever sleeps, or would, is told that it is over. */
  end(reason: Error): void;
}

export function createTime(begin: Instant): VirtualTime {
  let now = begin;
  let order = 0;
  const heap: Timer[] = [];
  let over: Error | null = null;

  /** The one that is next, without those that were taken back. */
  function first(): Timer | undefined {
    for (let top = heap[0]; top !== undefined; top = heap[0]) {
      if (top.what !== null) return top;
      pop(heap);
    }
    return undefined;
  }

  return {
    now: () => now,
    next: () => first()?.when ?? Number.POSITIVE_INFINITY,
    goTo(when) {
      now = Math.max(now, when);
    },
    wakeNext() {
      const timer = first();
      if (timer === undefined) return;
      pop(heap);
      timer.what?.(null);
    },
    sleep(length, signal) {
      if (over !== null) return Promise.reject(over);
      if (signal?.aborted) return Promise.reject(signal.reason);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const timer: Timer = { when: now + Math.max(0, Math.ceil(length)), order: order++, what: null };
      const onAbort = () => {
        timer.what = null;
        reject(signal?.reason);
      };
      timer.what = (reason) => {
        signal?.removeEventListener('abort', onAbort);
        if (reason === null) resolve();
        else reject(reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      push(heap, timer);
      return promise;
    },
    end(reason) {
      over = reason;
      for (const { what } of heap.splice(0)) what?.(reason);
    },
  };
}

/** Resolves when every promise that could go on has, and those that they begin. */
export const settled = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

const isBefore = (a: Timer, b: Timer): boolean => a.when < b.when || (a.when === b.when && a.order < b.order);

function push(heap: Timer[], timer: Timer): void {
  let i = heap.push(timer) - 1;
  for (;;) {
    const up = (i - 1) >> 1;
    const parent = heap[up];
    if (i === 0 || parent === undefined || !isBefore(timer, parent)) break;
    heap[i] = parent;
    i = up;
  }
  heap[i] = timer;
}

function pop(heap: Timer[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let i = 0;
  for (;;) {
    const [left, right] = [heap[2 * i + 1], heap[2 * i + 2]];
    const isRight = left !== undefined && right !== undefined && isBefore(right, left);
    const child = isRight ? right : left;
    if (child === undefined || !isBefore(child, last)) break;
    heap[i] = child;
    i = 2 * i + (isRight ? 2 : 1);
  }
  heap[i] = last;
}
