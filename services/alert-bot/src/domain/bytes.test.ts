import { expect, test } from 'vitest';
import { formatBytes, parseBytes } from './bytes.ts';

// Each row: as it is written, and what it means. Prometheus' units are powers of two.
test.for([
  ['0B', 0],
  ['512B', 512],
  ['1KB', 1_024],
  ['512MB', 536_870_912],
  ['1GB', 1_073_741_824],
  ['2TB', 2_199_023_255_552],
] as const)('%s is %d bytes, and back', ([text, bytes]) => {
  expect(parseBytes(text)).toBe(bytes);
  expect(formatBytes(bytes)).toBe(text);
});

test.for(['', '1', 'GB', '1.5GB', '-1GB', '1 GB', '1gb', '1GiB', '1PB', '9999999999TB'])(
  '"%s" is no size',
  (text) => expect(parseBytes(text)).toBeUndefined(),
);

test('a size that is no round one is printed in bytes or the next unit that fits', () => {
  expect(formatBytes(1_500)).toBe('1500B');
  expect(formatBytes(1_536 * 1_024)).toBe('1536KB');
});
