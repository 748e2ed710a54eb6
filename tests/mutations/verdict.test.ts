import { describe, expect, test } from 'vitest';
import { parseMutation } from './mutation.ts';
import { verdictOf } from './verdict.ts';
import { readReport } from './vitest.ts';

describe('the header of a mutation', () => {
  const diff =
    'diff --git a/x.ts b/x.ts\n--- a/x.ts\n+++ b/x.ts\n@@ -1 +1 @@\n-const a = 1;\n+const a = 2;\n';
  const good = 'Guarantee: G4, G13\nGuard: pause\nBreaks: it acts\nTest: a/b.test.ts -t G4: x > y\n\n';

  test('is read', () => {
    expect(parseMutation('/f/07-some-name.patch', good + diff)).toMatchObject({
      number: '07',
      guarantees: ['G4', 'G13'],
      guards: ['pause'],
      breaks: 'it acts',
      proof: { file: 'a/b.test.ts', name: 'G4: x > y' },
      changes: ['x.ts'],
      lines: 2,
    });
  });

  test.each([
    ['some-name', good + diff, 'begin with a number and a dash'],
    ['07-name', good, 'no "diff --git" line'],
    ['07-name', good.replace('Guarantee', 'Guarante') + diff, '"Guarante: G4, G13" is no line of a header'],
    ['07-name', good.replace('G13', 'G15') + diff, 'none of G1 to G14'],
    ['07-name', good.replace('Breaks: it acts\n', '') + diff, 'Breaks: is missing'],
    ['07-name', good.replace(' -t ', ' ') + diff, 'Test: is missing or names no test'],
  ])('%s with %j is told in a sentence', (name, text, sentence) => {
    expect(parseMutation(`/f/${name}.patch`, text)).toContain(sentence);
  });
});

describe('a mutation is', () => {
  const linked = { file: 'a.test.ts', name: 'G1: x' };
  const ended = (failures: string[], name = 'G1: x') => ({ ends: [{ file: 'a.test.ts', name, failures }] });

  test('killed where the linked test fails by an assertion', () => {
    const killed = { outcome: 'killed', by: 'G1: x' };
    expect(verdictOf(linked, ended(['AssertionError: expected 1 to be 2']))).toEqual(killed);
    expect(verdictOf(linked, ended(['Error: expected 200 to be 503']))).toEqual(killed);
  });

  test('survived where it passes, whatever another one does', () => {
    expect(verdictOf(linked, ended([]))).toEqual({ outcome: 'survived' });
    const ends = [...ended([]).ends, ...ended(['AssertionError: x'], 'G2: y').ends];
    expect(verdictOf(linked, { ends })).toEqual({ outcome: 'survived' });
  });

  test('broken where the code is, or the test is not there', () => {
    for (const failure of ['ReferenceError: x is not defined', 'TypeError: no', 'Error: Test timed out'])
      expect(verdictOf(linked, ended([failure]))).toMatchObject({ outcome: 'broken' });
    expect(verdictOf(linked, ended(['AssertionError: x'], 'G2: y'))).toMatchObject({ outcome: 'broken' });
    const why = 'it did not end within 60 s';
    expect(verdictOf(linked, { broken: why })).toEqual({ outcome: 'broken', why });
  });

  test('broken where a file does not load', () => {
    const file = { name: '/t/a.test.ts', message: 'SyntaxError: x', assertionResults: [] };
    expect(readReport('/t', { testResults: [file] })).toEqual({
      broken: 'a.test.ts does not load: SyntaxError: x',
    });
  });
});
