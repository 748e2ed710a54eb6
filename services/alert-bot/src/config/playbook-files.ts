import { readFile } from 'node:fs/promises';
import { type FileText, type Loaded, loadPlaybooks, type PlaybookError } from './playbooks.ts';

/** The files that the configuration names. */
export interface PlaybookPaths {
  playbooks: string;
  overrides: string | null;
}

/** What was in the files, or why one cannot be read: an error like any other. */
export interface PlaybookTexts {
  main: FileText | PlaybookError;
  over: FileText | PlaybookError | null;
}

/** Reads both files; never rejects. */
export async function readTexts({ playbooks, overrides }: PlaybookPaths): Promise<PlaybookTexts> {
  const [main, over] = await Promise.all([
    readText(playbooks, 'ALERT_BOT_PLAYBOOKS'),
    overrides === null ? null : readText(overrides, 'ALERT_BOT_OVERRIDES'),
  ]);
  return { main, over };
}

/** Checks and compiles what was read, all errors at once. */
export function loadTexts({ main, over }: PlaybookTexts): Loaded {
  if ('message' in main || (over !== null && 'message' in over))
    return { errors: [main, over].filter((read) => read !== null && 'message' in read) };
  return loadPlaybooks(main.text, main.fileName, over ?? undefined);
}

/** Whether the same was read twice. */
export const sameTexts = (one: PlaybookTexts, other: PlaybookTexts): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** Reads and loads the files that the configuration names. */
export const readPlaybookFiles = async (files: PlaybookPaths): Promise<Loaded> =>
  loadTexts(await readTexts(files));

async function readText(fileName: string, variable: string): Promise<FileText | PlaybookError> {
  try {
    return { text: await readFile(fileName, 'utf8'), fileName };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : String(error);
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    return { file: fileName, line: 0, path: '', value: '', message: `${why}: write it, or set ${variable}` };
  }
}
