/** Mutations of text that know nothing of what it means: cut off, flipped, doubled, filled with what parsers fear. */
import fc from 'fast-check';

/** One change. `at` and `to` are shares of the length, so that they fit whatever the text is by then. */
type Change = { at: number; to: number; how: 'cut' | 'flip' | 'drop' | 'double' | 'swap' } | Insert;
type Insert = { at: number; how: 'insert'; token: string; times: number };

const share = fc.double({ min: 0, max: 1, noNaN: true });

export const mutation = (tokens: readonly string[], mostTimes: number): fc.Arbitrary<Change> =>
  fc.oneof(
    fc.record({
      at: share,
      to: share,
      how: fc.constantFrom('cut' as const, 'flip', 'drop', 'double', 'swap'),
    }),
    fc.record({
      at: share,
      how: fc.constant('insert' as const),
      token: fc.constantFrom(...tokens),
      times: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: mostTimes })),
    }),
  );

export const mutate = (bytes: Buffer, changes: readonly Change[]): Buffer => changes.reduce(apply, bytes);

function apply(bytes: Buffer, change: Change): Buffer {
  const at = Math.floor(change.at * bytes.length);
  if (change.how === 'insert')
    return Buffer.concat([bytes.subarray(0, at), repeated(change.token, change.times), bytes.subarray(at)]);
  const to = at + Math.floor(change.to * Math.min(200, bytes.length - at));
  switch (change.how) {
    case 'cut':
      return bytes.subarray(0, at);
    case 'flip': {
      const copy = Buffer.from(bytes);
      if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << Math.floor(change.to * 7.99));
      return copy;
    }
    case 'drop':
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
    case 'double':
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)]);
    case 'swap':
      return Buffer.concat([bytes.subarray(to), bytes.subarray(0, to)]);
  }
}

/** Lone surrogates are written as the three bytes that UTF-8 does not allow for them. */
function repeated(token: string, times: number): Buffer {
  const bytes = token === '\ud800' ? Buffer.from([0xed, 0xa0, 0x80]) : Buffer.from(token);
  return Buffer.concat(Array<Buffer>(times).fill(bytes));
}
