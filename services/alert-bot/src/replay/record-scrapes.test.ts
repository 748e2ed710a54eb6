import { expect, test } from 'vitest';
import type { Sample } from '../domain/signals.ts';
import { noteScrapes, type Scraped, type ScrapeState } from './record-scrapes.ts';

const S = 1_000;
const series = (value: number, ...seconds: number[]): Sample[] =>
  seconds.map((at) => ({ at: at * S, value }));
const together = (...all: Sample[][]): Sample[] => all.flat().sort((a, b) => a.at - b.at);

/** Looks each two seconds, at the samples of the last minute; the rows that would be written. */
function rowsOf(samples: readonly Sample[], until: number): string[] {
  let before: Scraped | null = null;
  const rows: ScrapeState[] = [];
  for (let now = 4 * S; now <= until * S; now += 2 * S) {
    const seen = samples.filter(({ at }) => at <= now && at > now - 60 * S);
    const { states, next } = noteScrapes(seen, 60 * S, before, now);
    before = next;
    for (const one of states) {
      const last = rows.at(-1);
      if (last?.up !== one.up || last.every !== one.every) rows.push(one);
    }
  }
  return rows.map(({ at, up, every }) => `${at / S} ${up} ${every / S}`);
}

test('one series that is up, then down, then up: a row for each, with the time of its scrape', () => {
  const samples = together(series(1, 3, 18, 33), series(0, 48, 63), series(1, 78, 93));
  expect(rowsOf(samples, 100)).toEqual(['3 1 15', '48 0 15', '78 1 15']);
});

test('two replicas that are scraped at once, one of them down, are one row and not two a round', () => {
  const samples = together(series(1, 3, 18, 33, 48, 63, 78), series(0, 3, 18, 33, 48, 63, 78));
  expect(rowsOf(samples, 90)).toEqual(['3 2 15']);
});

test('two replicas that are scraped at moments of their own are scraped each 15s, not each 6s', () => {
  const up = [3, 18, 33, 48, 63, 78, 93, 108, 123];
  const down = up.map((at) => at + 6);
  const rows = rowsOf(together(series(1, ...up), series(0, ...down)), 130);
  // Until some rounds are known it may be taken for another.
  expect(rows.at(-1)).toMatch(/ 2 15$/);
  expect(Number(rows.at(-1)?.split(' ')[0])).toBeLessThan(50);
});

test('a hole while Prometheus was away does not make the interval longer', () => {
  expect(rowsOf(series(1, 3, 18, 33, 63, 78, 93), 100)).toEqual(['3 1 15']);
});

test('another interval in the configuration is told once it is usual', () => {
  const fast = Array.from({ length: 60 }, (_, i) => 50 + 2 * i);
  const rows = rowsOf(series(1, 3, 18, 33, 48, ...fast), 160);
  expect(rows[0]).toBe('3 1 15');
  expect(rows.at(-1)).toMatch(/ 1 2$/);
});

test('a series that ends, or that nobody scrapes, is told as without samples', () => {
  expect(rowsOf(series(1, 3, 18, 33), 100)).toEqual(['3 1 15', '50 null 15']);
  expect(noteScrapes([], 60 * S, null, 100 * S).states).toEqual([{ at: 70 * S, up: null, every: 15 * S }]);
});

test('right after a start, when only the last seconds are asked for, no sample is no end', () => {
  expect(noteScrapes([], 20 * S, null, 100 * S).states).toEqual([]);
});
