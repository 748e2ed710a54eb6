import { expect, test } from 'vitest';
import type { Dependency } from '../domain/target.ts';
import { asksOf, dependenciesOf, depthOf, graphOf, inCycle, needsOf, related } from './graph.ts';

const on = (...ids: string[]): Dependency[] => ids.map((id) => ({ id, condition: 'started' }));

// shop needs api, api needs payments and db, payments needs db; a and b need each other, and a needs db.
const targets = [
  { id: 'shop', dependsOn: on('api') },
  { id: 'api', dependsOn: on('payments', 'db') },
  { id: 'payments', dependsOn: on('db') },
  { id: 'db', dependsOn: [] },
  { id: 'a', dependsOn: on('b', 'db') },
  { id: 'b', dependsOn: on('a') },
  { id: 'self', dependsOn: on('self') },
];
const graph = graphOf(targets);
const of = (id: string) => targets.find((target) => target.id === id) ?? { id, dependsOn: [] };

test('G7: what a target needs is all below it, nearest first, each once, and never itself', () => {
  expect(needsOf(of('shop'), asksOf(targets)).map(({ id }) => id)).toEqual(['api', 'payments', 'db']);
  expect(needsOf(of('a'), asksOf(targets)).map(({ id }) => id)).toEqual(['b', 'db']);
  expect(needsOf(of('b'), asksOf(targets)).map(({ id }) => id)).toEqual(['a', 'db']);
  expect(needsOf(of('self'), asksOf(targets))).toEqual([]);
  expect(needsOf(of('db'), asksOf(targets))).toEqual([]);
});

test('G7: where the platform does not list, the direct ones are known all the same', () => {
  expect(needsOf(of('api'), asksOf([])).map(({ id }) => id)).toEqual(['payments', 'db']);
});

test('G7: the nearest one that asks for it says on which condition', () => {
  const all = [
    { id: 'x', dependsOn: [{ id: 'y', condition: 'healthy' } as const, ...on('z')] },
    { id: 'z', dependsOn: on('y') },
  ];
  const [x] = all;
  expect(x && needsOf(x, asksOf(all))).toEqual([{ id: 'y', condition: 'healthy' }, ...on('z')]);
});

test('G7: a cycle is mutual, over however many steps', () => {
  expect(inCycle(graph, 'a', 'b')).toBe(true);
  expect(inCycle(graph, 'a', 'db')).toBe(false);
  expect(inCycle(graph, 'shop', 'db')).toBe(false);
  const three = graphOf([
    { id: '1', dependsOn: on('2') },
    { id: '2', dependsOn: on('3') },
    { id: '3', dependsOn: on('1') },
  ]);
  expect(inCycle(three, '1', '3')).toBe(true);
  expect(dependenciesOf(three, '1')).toEqual(new Set(['1', '2', '3']));
  expect(depthOf(three, '1')).toBe(0);
});

test('G5: related is who stands above or below, not beside', () => {
  expect(related(graph, 'shop', 'db')).toBe(true);
  expect(related(graph, 'db', 'shop')).toBe(true);
  expect(related(graph, 'a', 'b')).toBe(true);
  expect(related(graph, 'payments', 'a')).toBe(false);
  expect(related(graph, 'unknown', 'api')).toBe(false);
});

test('G5: depth counts the longest way down; members of a cycle stand equally deep', () => {
  expect(['db', 'payments', 'api', 'shop'].map((id) => depthOf(graph, id))).toEqual([0, 1, 2, 3]);
  expect(['a', 'b'].map((id) => depthOf(graph, id))).toEqual([1, 1]);
  expect(['self', 'unknown'].map((id) => depthOf(graph, id))).toEqual([0, 0]);
});

test('what depends on everything below it is looked at once, not once for each way down', () => {
  // 30 levels of two, each on both of the level below: 2^30 ways.
  const levels = [...Array(30).keys()].flatMap((level) =>
    ['a', 'b'].map((side) => ({
      id: `${side}${level}`,
      dependsOn: level === 0 ? [] : on(`a${level - 1}`, `b${level - 1}`),
    })),
  );
  const top = levels.find(({ id }) => id === 'a29');
  expect(top && needsOf(top, asksOf(levels))).toHaveLength(58);
  expect(depthOf(graphOf(levels), 'a29')).toBe(29);
});
