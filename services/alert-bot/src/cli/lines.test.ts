import { describe, expect, test } from 'vitest';
import { entry, plain, plainJson } from './lines.ts';

// What a terminal would obey, or would hide: escapes of both kinds, marks of direction, separators.
const HOSTILE = 'a\0\t\r\n\u001b[31m\u007f\u009b2J\u061c\u202e\u2066\u2028\u2029\ufeff\u{e0041}';

describe('plain', () => {
  test('no sign that a terminal obeys is left, and each can be read', () => {
    expect(plain(HOSTILE)).toBe(
      'a\\u{0}\\u{9}\\u{d}\\u{a}\\u{1b}[31m\\u{7f}\\u{9b}2J\\u{61c}\\u{202e}\\u{2066}\\u{2028}\\u{2029}\\u{feff}\\u{e0041}',
    );
  });

  test('text of any script stays as it is', () => {
    for (const text of ['עברית', 'é e\u0301', '日本語', '👩🏽\u200d🚒']) expect(plain(text)).toBe(text);
  });
});

describe('plainJson', () => {
  test('a terminal obeys nothing of it, and what reads it gets what was there', () => {
    const value = { [HOSTILE]: [HOSTILE, '👩🏽\u200d🚒 עברית "\\'] };
    expect(plainJson(value)).toBe(plain(plainJson(value)));
    expect(JSON.parse(plainJson(value))).toEqual(value);
    expect(JSON.parse(plainJson(value, 2))).toEqual(value);
    expect(plainJson({ a: 1 }, 2)).toBe('{\n  "a": 1\n}');
  });
});

test('a name that fills its column has a line for itself', () => {
  const text = 'and what it says goes on below, where it has all of the width that it has elsewhere';
  expect(entry('a name of some length', text)).toEqual([
    'a name of some length',
    '            and what it says goes on below, where it has all of the width that',
    '            it has elsewhere',
  ]);
  expect(entry('name', 'text')).toEqual(['name        text']);
});
