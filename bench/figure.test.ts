import { expect, test } from 'vitest';
import { type Figure, meetsBar, ratioOf, tell } from './figure.ts';
import { readTps } from './shop/pgbench.ts';

const figure: Figure = {
  name: 'insert',
  what: 'POST /transactions',
  value: 400,
  unit: 'a second',
  baseline: { what: 'pgbench', value: 1_000 },
  bar: { of: 'ratio', atLeast: 0.4 },
};

test('a bar of a ratio is held against the baseline of the same run', () => {
  expect(ratioOf(figure)).toBe(0.4);
  expect(meetsBar(figure)).toBe(true);
  expect(meetsBar({ ...figure, value: 399 })).toBe(false);
  expect(tell({ ...figure, value: 399 })).toBe(
    'insert     399 a second POST /transactions, 0.40 of 1000 a second (pgbench). MISSED: at least 0.4',
  );
});

test('a bar of a value may be a most, and what is no number meets none', () => {
  const late: Figure = {
    name: 'p99',
    what: 'at 500/s',
    value: 25,
    unit: 'ms',
    bar: { of: 'value', atMost: 25 },
  };
  expect(meetsBar(late)).toBe(true);
  expect(meetsBar({ ...late, value: 25.1 })).toBe(false);
  expect(meetsBar({ ...late, value: Number.NaN })).toBe(false);
  expect(meetsBar({ ...late, bar: { of: 'ratio', atMost: 25 } })).toBe(false);
});

test('what pgbench says is read, and what it does not say is refused', () => {
  expect(
    readTps('number of failed transactions: 0 (0.000%)\ntps = 15608.12 (without initial connection time)'),
  ).toBe(15_608.12);
  expect(() => readTps('pgbench: error: connection refused')).toThrow('pgbench: error: connection refused');
});
