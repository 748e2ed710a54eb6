import { once } from 'node:events';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { eachLine } from './lines.ts';

async function linesOf(...chunks: string[]) {
  const lines: string[] = [];
  const stream = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
  eachLine(stream, (line) => lines.push(line));
  await once(stream, 'close');
  return lines;
}

test('lines are put together over chunks, whatever their ending', async () => {
  expect(await linesOf('on', 'e\r\ntw', 'o\n\nlast')).toEqual(['one', 'two', '', 'last']);
});

test('an endless line is cut instead of held', async () => {
  const lines = await linesOf('x'.repeat(40_000), `y\n${'z'.repeat(20_000)}\n`);
  expect(lines.map((line) => line.length)).toEqual([16_384, 16_384, 7233, 16_384, 3616]);
});
