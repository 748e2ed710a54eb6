// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is the syntax under test
import { expect, test } from 'vitest';
import { type Path, substitute } from './substitution.ts';

function substituted(value: unknown, variables: NodeJS.ProcessEnv = {}) {
  const complaints: [Path, string][] = [];
  const result = substitute(value, variables, (path, remedy) => complaints.push([path, remedy]));
  return { result, complaints };
}

test('replaces in every text, however deep, and leaves keys and other values alone', () => {
  const value = { '${HOST}': [{ url: 'http://${HOST}:${PORT}/', retries: 3 }], none: null };
  expect(substituted(value, { HOST: 'h', PORT: '80' })).toEqual({
    result: { '${HOST}': [{ url: 'http://h:80/', retries: 3 }], none: null },
    complaints: [],
  });
});

test.for([
  // An empty variable is set.
  ['<${EMPTY}>', '<>'],
  ['$$5 and $${HOST}', '$5 and ${HOST}'],
  ['$HOST $', '$HOST $'],
  // What a variable holds is not looked at again.
  ['${TRICK}', '${EMPTY}'],
])('%s becomes %s', ([text, result]) => {
  expect(substituted(text, { EMPTY: '', HOST: 'h', TRICK: '${EMPTY}' })).toEqual({ result, complaints: [] });
});

test.for([
  ['${GONE}', "set GONE in the supervisor's own environment"],
  ['${A:-b}', 'only ${NAME} is understood, not ${A:-b}: write $$ for a plain dollar sign'],
  ['${}', 'only ${NAME} is understood, not ${}: write $$ for a plain dollar sign'],
  ['${A', 'only ${NAME} is understood, not ${A: write $$ for a plain dollar sign'],
])('%s is complained about', ([text, remedy]) => {
  expect(substituted({ a: [text] }, { A: 'a' })).toEqual({
    result: { a: [text] },
    complaints: [[['a', 0], remedy]],
  });
});
