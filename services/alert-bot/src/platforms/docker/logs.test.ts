import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDemux, createTail } from './logs.ts';

function frame(stream: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

function read(frames: Buffer, cuts: readonly number[], limit = 1_000_000): string {
  const tail = createTail(limit);
  const demux = createDemux(tail.push);
  let from = 0;
  for (const to of [...cuts.map((cut) => cut % (frames.length + 1)).sort((a, b) => a - b), frames.length]) {
    demux(frames.subarray(from, to));
    from = to;
  }
  return tail.text();
}

test('however the stream is cut, the text is the same', () => {
  const pieces = fc.array(fc.tuple(fc.constantFrom(1, 2), fc.string()), { maxLength: 8 });
  fc.assert(
    fc.property(pieces, fc.array(fc.nat()), (lines, cuts) => {
      const frames = Buffer.concat(lines.map(([stream, text]) => frame(stream, `${text}\n`)));
      expect(read(frames, cuts)).toBe(lines.map(([, text]) => `${text}\n`).join(''));
    }),
  );
});

test('a line that the other stream interrupts keeps a line of its own', () => {
  expect(
    read(Buffer.concat([frame(1, 'half'), frame(2, 'error\n'), frame(2, 'a'), frame(2, 'b\n')]), []),
  ).toBe('half\nerror\nab\n');
});

test('empty frames are skipped', () => {
  expect(read(Buffer.concat([frame(1, ''), frame(2, ''), frame(1, 'a\n')]), [3, 9])).toBe('a\n');
});

test('only the last bytes are kept, and not much more is held', () => {
  expect(
    read(Buffer.concat([frame(1, 'a'.repeat(50)), frame(1, 'b'.repeat(50)), frame(2, 'end')]), [], 10),
  ).toBe('bbbbbb\nend');
});
