import { expect, test } from 'vitest';
import { cyclesOf, wayAround } from './cycles.ts';

const graph = (edges: Record<string, string[]>) => new Map(Object.entries(edges));

test.each<[edges: Record<string, string[]>, ways: string[]]>([
  [{ a: ['b'], b: ['c'], c: [] }, []],
  [{ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] }, []],
  [{ a: ['a'] }, ['a -> a']],
  [{ a: ['b'], b: ['a'] }, ['a -> b -> a']],
  [{ a: ['b'], b: ['c', 'd'], c: ['a'], d: ['a'] }, ['a -> b -> c -> a']],
  [{ x: ['a'], a: ['b'], b: ['a'], c: ['d'], d: ['c'] }, ['a -> b -> a', 'c -> d -> c']],
  // What is depended on may be of another project and not listed.
  [{ a: ['gone'] }, []],
])('G7: the cycles of %j: %j', (edges, ways) => {
  const all = graph(edges);
  expect(cyclesOf(all).map((members) => wayAround(all, members))).toEqual(ways);
});
