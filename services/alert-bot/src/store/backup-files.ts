import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export const exists = (file: string): boolean => statSync(file, { throwIfNoEntry: false }) !== undefined;

/** A name beside a file for what is not yet whole. */
export const draftOf = (file: string): string => `${file}.${randomBytes(6).toString('hex')}.partial`;

/** Makes an empty file that only its owner may read. */
export function makePrivate(file: string): void {
  closeSync(openSync(file, 'wx', 0o600));
}

/** Removes a draft and what SQLite may have left beside it. */
export function removeDraft(file: string): void {
  for (const end of ['', '-journal', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
}

/** On disk, and not in some cache, when it returns. */
export function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Gives a whole file its name; unlike a rename it fails where the name is taken.
 * @throws Error with code EEXIST
 */
export function publish(draft: string, file: string): void {
  sync(draft);
  linkSync(draft, file);
  rmSync(draft);
  sync(dirname(file));
}

/** Puts a whole file in the place of another one, at once, and keeps the other one under a name. */
export function replace(draft: string, file: string, keptAs: string): void {
  sync(draft);
  linkSync(file, keptAs);
  renameSync(draft, file);
  sync(dirname(file));
}

export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);
