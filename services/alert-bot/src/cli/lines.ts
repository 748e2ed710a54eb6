import type { Millis } from '../domain/duration.ts';
import { escapeSigns } from '../domain/signs.ts';

/** Terminals of this width show every line whole. */
const WIDTH = 80;

/**
 * Text for a terminal: what others wrote may hold line breaks, escapes that move the cursor, and marks that turn
 * the direction of writing. Each is shown as what it is. Joiners stay: emoji and scripts need them.
 */
export const plain = (text: string): string =>
  text.replace(
    /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`,
  );

/** JSON for a terminal: the same signs in JSON's own escapes, so that what reads it gets what was there. */
export const plainJson = (value: unknown, indent?: number): string =>
  escapeSigns(JSON.stringify(value, null, indent));

/** Text broken at spaces into lines that fit beside an indentation; what has no space stays whole. */
export function wrap(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of plain(text).split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && longer.length > WIDTH - indent) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

/** Text of which all lines but the first are indented. */
export const hanging = (text: string, indent: number): string[] =>
  wrap(text, indent).map((line, i) => (i === 0 ? line : `${' '.repeat(indent)}${line}`));

/**
 * A name and what it says, continued under itself.
 * @param inside by how much the lines are indented afterwards
 */
export function entry(name: string, text: string, width = 12, inside = 0): string[] {
  const lines = wrap(text, width + inside).map((line) => `${' '.repeat(width)}${line}`.trimEnd());
  // A name that fills its column has a line for itself.
  if (name.length >= width) return [name, ...lines];
  const [first = '', ...rest] = lines;
  return [`${name}${first.slice(name.length)}`, ...rest];
}

/** Text in so many columns. Of a name that is longer the end is shown, where names differ; of prose its start. */
export function column(text: string, width: number, keep: 'start' | 'end' = 'start'): string {
  const signs = [...plain(text)];
  const most = width - 1;
  const cut = keep === 'end' ? ['…', ...signs.slice(-most)] : [...signs.slice(0, most), '…'];
  const shown = signs.length <= width ? signs : cut;
  return shown.join('') + ' '.repeat(width - shown.length);
}

/** How long ago, in one unit: 45s, 12m, 3h, 2d. */
export function age(length: Millis): string {
  const seconds = Math.max(0, Math.floor(length / 1_000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
