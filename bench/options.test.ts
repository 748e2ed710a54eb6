import { expect, test } from 'vitest';
import { readOptions } from './options.ts';

const known = ['insert', 'batch'];

test('without options everything is measured, for ten seconds each', () => {
  const unsaid = {
    seconds: 10,
    only: known,
    incidents: 100_000,
    deliveries: 1_000_000,
    log: null,
    json: false,
  };
  expect(readOptions([], known)).toEqual(unsaid);
  expect(readOptions(['--seconds', '3', '--only', 'batch', '--json', '--log', 'kept'], known)).toMatchObject({
    ...{ seconds: 3, only: ['batch'], json: true, log: 'kept' },
  });
});

test.each([
  [['--seconds', '0'], '--seconds is 0: give whole seconds from 1 to 600'],
  [['--seconds', 'ten'], '--seconds is ten: give whole seconds from 1 to 600'],
  [['--incidents', '10'], '--incidents is 10: give a whole number from 2000 to 10000000'],
  [['--deliveries', 'many'], '--deliveries is many: give a whole number from 2000 to 10000000'],
  [['--only', 'speed'], '--only is speed: there are insert, batch'],
  [['--fast'], "Unknown option '--fast'"],
])('%s is refused with its remedy', (args, why) => {
  expect(() => readOptions(args, known)).toThrow(why);
});
