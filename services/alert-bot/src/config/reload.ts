import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Instant, Millis } from '../domain/duration.ts';
import type { PlaybookFile } from '../domain/playbook.ts';
import { changesBetween } from './changes.ts';
import { loadTexts, type PlaybookPaths, type PlaybookTexts, readTexts, sameTexts } from './playbook-files.ts';
import { formatPlaybookError } from './playbooks.ts';
import type { Overridden } from './settings.ts';

/** Some file systems tell nothing of changes (a folder of another host). */
const POLL: Millis = 5_000;
/** What is being written is read only once it stands still for so long: half a file can be a good one. */
const STILL: Millis = 200;

/** What is told when the files were read again. */
export interface ReloadReport {
  /** The new file holds from now on. */
  reloaded(changes: readonly Overridden[]): void;
  /** The old file goes on to hold. */
  refused(problems: readonly string[]): void;
  /** Changes are noticed by polling only. */
  unwatched(folder: string, why: string): void;
}

export interface Reloading {
  /** The last good file. */
  current(): PlaybookFile;
  /** What is wrong with what stands in the files now; none where that is what holds. */
  problems(): readonly string[];
  /** When the file that holds was loaded. */
  loadedAt(): Instant;
  /** Reads the files again and reports even where nothing changed (SIGHUP). */
  now(): void;
  stop(): Promise<void>;
}

/**
 * Follows the playbook files: on `now()`, and when they change. A change is compiled first and then swapped in one
 * assignment; what is wrong keeps the old one. Folders are watched, as editors save by renaming.
 * @param began what was read and holds at the start
 */
export function followPlaybooks(
  paths: PlaybookPaths,
  began: { texts: PlaybookTexts; file: PlaybookFile },
  report: ReloadReport,
  clock: () => Instant,
  { poll = POLL, still = STILL } = {},
): Reloading {
  let { texts: seen, file } = began;
  let problems: readonly string[] = [];
  let loadedAt = clock();
  let forced = false;
  let nudged = Promise.withResolvers<void>();
  const stopping = new AbortController();
  const nudge = () => nudged.resolve();

  async function look(): Promise<void> {
    let texts = await readTexts(paths);
    if (!forced && sameTexts(texts, seen)) return;
    for (let before: PlaybookTexts | null = null; before === null || !sameTexts(before, texts); ) {
      before = texts;
      await delay(still, undefined, { signal: stopping.signal });
      texts = await readTexts(paths);
    }
    if (!forced && sameTexts(texts, seen)) return;
    forced = false;
    seen = texts;
    const loaded = loadTexts(texts);
    if ('errors' in loaded) {
      problems = loaded.errors.map(formatPlaybookError);
      report.refused(problems);
      return;
    }
    const changes = changesBetween(file, loaded.file);
    file = loaded.file;
    problems = [];
    loadedAt = clock();
    report.reloaded(changes);
  }

  async function follow(): Promise<void> {
    while (!stopping.signal.aborted) {
      await nudged.promise;
      nudged = Promise.withResolvers();
      // Only the end of the process interrupts a look; whatever else is wrong is asked about again by the next one.
      await look().catch((error: unknown) => {
        if (!stopping.signal.aborted) report.refused([String(error)]);
      });
    }
  }

  const watchers = watchFolders(paths, nudge, report);
  const timer = setInterval(nudge, poll).unref();
  const followed = follow();
  return {
    current: () => file,
    problems: () => problems,
    loadedAt: () => loadedAt,
    now: () => {
      forced = true;
      nudge();
    },
    stop: () => {
      stopping.abort();
      clearInterval(timer);
      for (const watcher of watchers) watcher.close();
      nudge();
      return followed;
    },
  };
}

function watchFolders(
  { playbooks, overrides }: PlaybookPaths,
  changed: () => void,
  report: ReloadReport,
): FSWatcher[] {
  const files = [playbooks, ...(overrides === null ? [] : [overrides])];
  // Other files of the folder change as well: the log itself may be among them.
  const names = new Set(files.map((file) => basename(file)));
  const seen = (_: string, name: string | null) => {
    if (name === null || names.has(name)) changed();
  };
  return [...new Set(files.map((file) => dirname(file)))].flatMap((folder) => {
    const tell = (error: unknown) =>
      report.unwatched(folder, error instanceof Error ? error.message : String(error));
    try {
      return [watch(folder, { persistent: false }, seen).on('error', tell)];
    } catch (error) {
      tell(error);
      return [];
    }
  });
}
