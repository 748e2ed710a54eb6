import type { Millis } from '../../services/alert-bot/src/domain/duration.ts';

/** Something that is going to happen; `cancel` takes it back. */
export interface Timer {
  cancel(): void;
}

/**
 * Virtual time. Nothing waits for a real clock: when all that could run has run, time leaps to the next timer.
 */
export interface Time {
  /** Milliseconds since the run began. */
  now(): Millis;
  at(when: Millis, what: () => void): Timer;
  after(length: Millis, what: () => void): Timer;
  /** Until this is settled, time leaps only after a turn of the real event loop: something else than promises is awaited in it. */
  needsTurns(until: Promise<unknown>): void;
  /** Lets everything happen up to a time. */
  runUntil(end: Millis): Promise<void>;
}

interface Entry {
  when: Millis;
  order: number;
  what: (() => void) | null;
}

export function createTime(): Time {
  let now: Millis = 0;
  let order = 0;
  let needTurns = 0;
  const heap: Entry[] = [];

  const at = (when: Millis, what: () => void): Timer => {
    const entry: Entry = { when: Math.max(now, Math.round(when)), order: order++, what };
    push(heap, entry);
    return {
      cancel: () => {
        entry.what = null;
      },
    };
  };

  /** Resolves when all that could run has run. */
  const settled = async (): Promise<void> => {
    await ticked();
    while (needTurns > 0) {
      const before = needTurns;
      await turned();
      if (needTurns >= before) return;
    }
  };

  return {
    now: () => now,
    at,
    needsTurns(until) {
      needTurns++;
      const done = () => void needTurns--;
      until.then(done, done);
    },
    after: (length, what) => at(now + length, what),
    async runUntil(end) {
      // What was started before the first timer runs first.
      await settled();
      for (let next = heap[0]; next !== undefined && next.when <= end; next = heap[0]) {
        pop(heap);
        const { what } = next;
        if (what === null) continue;
        now = next.when;
        what();
        await settled();
      }
      now = Math.max(now, end);
    },
  };
}

/** Resolves when every microtask has run, and those that they begin. */
const ticked = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/** Resolves when every immediate queued before has run as well: the next turn of the loop. */
const turned = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const before = (a: Entry, b: Entry): boolean => a.when < b.when || (a.when === b.when && a.order < b.order);

function push(heap: Entry[], entry: Entry): void {
  let i = heap.push(entry) - 1;
  while (i > 0) {
    const up = (i - 1) >> 1;
    const parent = heap[up];
    if (parent === undefined || !before(entry, parent)) break;
    heap[i] = parent;
    i = up;
  }
  heap[i] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let i = 0;
  for (;;) {
    const left = heap[2 * i + 1];
    const right = heap[2 * i + 2];
    const child = right !== undefined && left !== undefined && before(right, left) ? right : left;
    if (child === undefined || !before(child, last)) break;
    heap[i] = child;
    i = child === left ? 2 * i + 1 : 2 * i + 2;
  }
  heap[i] = last;
}
