import { closeSync, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';

/** Syncs of a log's write-ahead log on another thread, so that requests go on meanwhile. */
export interface LogSync {
  /** Resolves when what was committed before the call is on the disk; rejects where the disk fails. */
  synced(): Promise<void>;
  close(): void;
}

/**
 * Everybody who comes while one sync is under way shares the next.
 * @param walFile the write-ahead log, which is there once the log is open; no lock of SQLite's is on it that closing it would free
 */
export function createLogSync(
  walFile: string,
  dataSync: (fd: number) => Promise<void> = promisify(fdatasync),
): LogSync {
  const fd = openSync(walFile, 'r');
  let last: Promise<void> = Promise.resolve();
  let next: Promise<void> | null = null;

  const start = async (): Promise<void> => {
    // One that began before may have missed what was committed since. Who waits for it hears of its failure.
    await last.catch(() => undefined);
    next = null;
    last = dataSync(fd);
    await last;
  };

  return {
    synced: () => {
      next ??= start();
      return next;
    },
    close: () => void (next ?? last).catch(() => undefined).then(() => closeSync(fd)),
  };
}
