import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** The code under a heading of a page, block by block, as a reader would copy it. Throws where there is none. */
export function blocksUnder(page: string, heading: string, language = 'sh'): string[] {
  const lines = readFileSync(join(root, page), 'utf8').split('\n');
  const start = lines.findIndex((line) => line.replace(/^#+ /, '') === heading && line.startsWith('#'));
  if (start === -1) throw new Error(`${page} has no heading "${heading}"`);
  const level = /^#+/.exec(lines[start] ?? '')?.[0].length ?? 0;
  const isNext = (line: string) => (/^#+(?= )/.exec(line)?.[0].length ?? 9) <= level;
  // A heading in a block of code is a comment.
  const section: string[] = [];
  let fenced = false;
  for (const line of lines.slice(start + 1)) {
    if (line.trimStart().startsWith('```')) fenced = !fenced;
    if (!fenced && isNext(line)) break;
    section.push(line);
  }
  const fence = new RegExp(`^( *)\`\`\`${language}\\n(.*?)^\\1\`\`\``, 'gms');
  const blocks = [...section.join('\n').matchAll(fence)].map(([, indent = '', code = '']) =>
    code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  );
  if (blocks.length === 0) throw new Error(`${page} has no ${language} under "${heading}"`);
  return blocks;
}
