import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import type { Instant } from '../domain/duration.ts';
import { type CopyFacts, checkCopy, sealCopy } from './backup-check.ts';
import { codeOf, draftOf, exists, makePrivate, publish, removeDraft } from './backup-files.ts';
import { logFile } from './db.ts';
import { StoreError } from './store-error.ts';

/** All in one step: one reading of the log, which a write to it cannot start anew. */
const ALL_PAGES = 0x7fffffff;

/**
 * Copies the log of a data folder, also while a bot writes to it: a second reader, which WAL allows. The copy is
 * the log as it was at one moment, checked, on disk, and for its owner only.
 * @throws StoreError where there is no log, the file exists, or the copy fails; then there is no file
 */
export async function backupLog(dataDir: string, file: string, now: Instant): Promise<CopyFacts> {
  const source = logFile(dataDir);
  if (!exists(source))
    throw new StoreError(`${source} does not exist: set ALERT_BOT_DATA_DIR to the bot's data folder`);
  const taken = new StoreError(
    `${file} exists, and a backup never takes the place of a file: name another one`,
  );
  if (exists(file)) throw taken;
  const draft = draftOf(file);
  try {
    makePrivate(draft);
    await copy(source, draft);
    sealCopy(draft, { backup_at: now });
    const facts = checkCopy(draft, source);
    publish(draft, file);
    return facts;
  } catch (error) {
    if (error instanceof StoreError) throw error;
    if (codeOf(error) === 'EEXIST') throw taken;
    throw new StoreError(
      `${file} cannot be written (${error instanceof Error ? error.message : String(error)}): name a file in a folder with room, not in ${dirname(file)} as it is`,
    );
  } finally {
    removeDraft(draft);
  }
}

async function copy(source: string, draft: string): Promise<void> {
  const db = new Database(source, { readonly: true, fileMustExist: true });
  try {
    await db.backup(draft, { progress: () => ALL_PAGES });
  } finally {
    db.close();
  }
}
