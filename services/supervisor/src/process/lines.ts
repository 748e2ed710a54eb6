import type { Readable } from 'node:stream';

// Docker cuts log lines there as well. Without a bound one endless line would eat the memory.
const LONGEST_LINE = 16_384;

/** Calls `onLine` for each line of a stream; a last line without its end counts when the stream ends. */
export function eachLine(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) for (const part of cut(line.replace(/\r$/, ''))) onLine(part);
    while (rest.length > LONGEST_LINE) {
      onLine(rest.slice(0, LONGEST_LINE));
      rest = rest.slice(LONGEST_LINE);
    }
  });
  stream.on('close', () => {
    if (rest !== '') onLine(rest);
  });
  // A broken pipe is the end of the output, not an error of ours.
  stream.on('error', () => {});
}

function cut(line: string): string[] {
  return line.length <= LONGEST_LINE ? [line] : (line.match(/.{1,16384}/gs) ?? []);
}
