import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digitsOf, formatMoney, parseMoney } from './money.js';

test.each([
  ['12.50', 'EUR', 1250],
  ['12,5', 'EUR', 1250],
  ['12', 'USD', 1200],
  [' 0.01 ', 'EUR', 1],
  ['1250', 'JPY', 1250],
  // In binary 1.15 * 100 is 114.99999999999999.
  ['1.15', 'EUR', 115],
])('%j in %s is %i', (text, currency, minor) => {
  expect(parseMoney(text, currency)).toEqual({ minor });
});

test.each([
  ['', 'EUR', 'Give an amount such as 12.50.'],
  ['abc', 'EUR', 'Give an amount such as 12.50.'],
  ['-1', 'EUR', 'Give an amount such as 12.50.'],
  ['1e3', 'EUR', 'Give an amount such as 12.50.'],
  ['0', 'EUR', 'Give more than 0.'],
  ['1.234', 'EUR', 'EUR has 2 digits after the point.'],
  ['1.5', 'JPY', 'JPY has no smaller unit: give a whole number.'],
])('%j in %s is refused: %s', (text, currency, problem) => {
  expect(parseMoney(text, currency)).toEqual({ problem });
});

test('what is shown can be typed again', () => {
  const currency = fc.constantFrom('EUR', 'USD', 'GBP', 'CHF', 'JPY');
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000_000_000 }), currency, (minor, code) => {
      const typed = formatMoney(minor, code).replace(/[^\d.]/g, '');
      expect(digitsOf(code)).toBe(typed.split('.')[1]?.length ?? 0);
      expect(parseMoney(typed, code)).toEqual({ minor });
    }),
  );
});
