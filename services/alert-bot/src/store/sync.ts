import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Millis } from '../domain/duration.ts';

/**
 * A sync that took less is made at once: handing it to another thread and being told of its end takes as long. With one core, a
 * sync of 0.2 ms on another thread cost a flood of deliveries a quarter of its rate.
 */
const AT_ONCE: Millis = 2;
/** After so long a slow disk is tried at once again, to see whether it is fast now. */
const TRY_AGAIN: Millis = 1_000;
/** Who was answered after a sync sends the next request within this. */
const AFTERWARDS: Millis = 2;

/** Syncs of a log's write-ahead log; slow ones on another thread, so that requests go on meanwhile. */
export interface LogSync {
  /** Resolves when what was committed before the call is on the disk; rejects where the disk fails. */
  synced(): Promise<void>;
  /** Ends when nobody waits for the disk, and those it answered had time to come back; null where that is so now. */
  crowd(): Promise<void> | null;
  close(): void;
}

/** How a file is synced; replaced in tests. */
export interface Disk {
  now(fd: number): void;
  later(fd: number): Promise<void>;
}
const DISK: Disk = { now: fdatasyncSync, later: promisify(fdatasync) };

/**
 * Everybody who comes while one sync is under way on the other thread shares the next.
 * @param walFile the write-ahead log, which is there once the log is open; no lock of SQLite's is on it that closing it would free
 */
export function createLogSync(
  walFile: string,
  disk: Disk = DISK,
  monotonic = () => performance.now(),
): LogSync {
  const fd = openSync(walFile, 'r');
  let took: Millis = 0;
  let measuredAt = Number.NEGATIVE_INFINITY;
  let isClosed = false;
  let last: Promise<void> = Promise.resolve();
  let next: Promise<void> | null = null;
  let crowd: Promise<void> | null = null;

  const atOnce = (): void => {
    const began = monotonic();
    try {
      disk.now(fd);
    } finally {
      measuredAt = monotonic();
      const length = measuredAt - began;
      // Smoothed: now and then one of a fast disk takes long, and that is no slow disk yet.
      took = length < AT_ONCE ? length : took + (length - took) / 5;
    }
  };

  const later = async (): Promise<void> => {
    // One that began before may have missed what was committed since. Who waits for it hears of its failure.
    await last.catch(() => undefined);
    next = null;
    last = disk.later(fd);
    const here = last
      .catch(() => undefined)
      .then(() => delay(AFTERWARDS))
      .then(() => {
        if (crowd === here) crowd = null;
      });
    crowd = here;
    await last;
  };

  return {
    async synced() {
      // The number of the file may be another one's by then.
      if (isClosed) throw new Error('the incident log is closed');
      const isQuick = took < AT_ONCE || monotonic() - measuredAt > TRY_AGAIN;
      if (isQuick && next === null && crowd === null) return atOnce();
      next ??= later();
      return next;
    },
    crowd: () => crowd,
    close() {
      if (isClosed) return;
      isClosed = true;
      void (next ?? last).catch(() => undefined).then(() => closeSync(fd));
    },
  };
}
