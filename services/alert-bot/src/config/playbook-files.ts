import { readFile } from 'node:fs/promises';
import { type FileText, type Loaded, loadPlaybooks, type PlaybookError } from './playbooks.ts';

/** Reads and loads the files that the configuration names; a file that cannot be read is an error like any other. */
export async function readPlaybookFiles(files: {
  playbooks: string;
  overrides: string | null;
}): Promise<Loaded> {
  const main = await readText(files.playbooks, 'ALERT_BOT_PLAYBOOKS');
  const over = files.overrides === null ? undefined : await readText(files.overrides, 'ALERT_BOT_OVERRIDES');
  if ('message' in main || (over !== undefined && 'message' in over))
    return { errors: [main, over].filter((read) => read !== undefined && 'message' in read) };
  return loadPlaybooks(main.text, main.fileName, over);
}

async function readText(fileName: string, variable: string): Promise<FileText | PlaybookError> {
  try {
    return { text: await readFile(fileName, 'utf8'), fileName };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : String(error);
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    return { file: fileName, line: 0, path: '', value: '', message: `${why}: write it, or set ${variable}` };
  }
}
