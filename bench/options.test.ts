import { expect, test } from 'vitest';
import { readOptions } from './options.ts';

const known = ['insert', 'batch'];

test('without options everything is measured, for ten seconds each', () => {
  expect(readOptions([], known)).toEqual({ seconds: 10, only: known });
  expect(readOptions(['--seconds', '3', '--only', 'batch'], known)).toEqual({ seconds: 3, only: ['batch'] });
});

test.each([
  [['--seconds', '0'], '--seconds is 0: give whole seconds from 1 to 600'],
  [['--seconds', 'ten'], '--seconds is ten: give whole seconds from 1 to 600'],
  [['--only', 'speed'], '--only is speed: there are insert, batch'],
  [['--fast'], "Unknown option '--fast'"],
])('%s is refused with its remedy', (args, why) => {
  expect(() => readOptions(args, known)).toThrow(why);
});
