import { expect, test } from 'vitest';
import { LogRing } from './log-ring.ts';

test('keeps the last lines, up to the bound', () => {
  const ring = new LogRing(3);
  for (const line of ['a', 'b', 'c', 'd']) ring.push(line);
  expect(ring.tail(10)).toEqual(['b', 'c', 'd']);
  expect(ring.tail(2)).toEqual(['c', 'd']);
  expect(ring.tail(0)).toEqual([]);
});

test('long lines push out more', () => {
  const ring = new LogRing(10, 6);
  for (const line of ['aaa', 'bbb', 'cc']) ring.push(line);
  expect(ring.tail(10)).toEqual(['bbb', 'cc']);
});
