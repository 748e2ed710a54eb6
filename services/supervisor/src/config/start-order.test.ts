import { expect, test } from 'vitest';
import { startOrder } from './start-order.ts';

const process = (name: string, ...dependsOn: string[]) => ({ name, dependsOn });
const order = (...all: ReturnType<typeof process>[]) => {
  const { sorted, cycles } = startOrder(all);
  return { sorted: sorted.map(({ name }) => name).join(' '), cycles };
};

test('dependencies come first, otherwise the written order stands', () => {
  expect(
    order(
      process('web', 'api'),
      process('mail'),
      process('api', 'db', 'cache'),
      process('cache'),
      process('db'),
    ),
  ).toEqual({
    sorted: 'db cache api web mail',
    cycles: [],
  });
});

test('a shared dependency is no cycle', () => {
  expect(order(process('a', 'b', 'c'), process('b', 'd'), process('c', 'd'), process('d')).cycles).toEqual(
    [],
  );
});

test('each cycle is told once, with its way round', () => {
  expect(order(process('a', 'b'), process('b', 'c'), process('c', 'a'), process('d', 'd')).cycles).toEqual([
    ['a', 'b', 'c', 'a'],
    ['d', 'd'],
  ]);
});
