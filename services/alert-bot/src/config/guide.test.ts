// The examples of docs/playbooks.md, read by the loader as they stand.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { overridesSchema, playbookFileSchema } from './playbook-schema.ts';
import { formatPlaybookError, loadPlaybooks } from './playbooks.ts';
import { allKeys } from './schema-keys.ts';

const page = readFileSync(fileURLToPath(new URL('../../../../docs/playbooks.md', import.meta.url)), 'utf8');
const [file = '', overrides = '', ...others] = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(
  ([, text = '']) => text,
);

/** Every key that a file uses, as `allKeys` spells those of its schema. */
function usedKeys(value: unknown, prefix = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((entry) => usedKeys(entry, `${prefix}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    return [path, ...usedKeys(child, path)];
  });
}
const used = (text: string) => [...new Set(usedKeys(parse(text)))].toSorted();

function load(...loaded: Parameters<typeof loadPlaybooks>) {
  const found = loadPlaybooks(...loaded);
  const told = 'errors' in found ? found.errors : found.warnings;
  expect(told.map(formatPlaybookError)).toEqual([]);
  if ('errors' in found) throw new Error('it has errors');
  return found;
}

test('the example of a playbook file is good, and nothing in it is suspicious', () => {
  const { file: compiled } = load(file, 'docs/playbooks.md');
  expect(compiled.playbooks.map(({ name, mode }) => [name, mode])).toEqual([
    ['api-fails', 'act'],
    ['search-is-slow', 'approve'],
  ]);
});

test('the example of overrides replaces what the first one sets for all', () => {
  const { file: compiled, overridden } = load(file, 'docs/playbooks.md', {
    text: overrides,
    fileName: 'the overrides of docs/playbooks.md',
  });
  expect(compiled.playbooks.map(({ mode }) => mode)).toEqual(['act', 'act']);
  expect(overridden.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['defaults.mode', 'limits.settle']),
  );
});

test('the examples use each key of the schema, and there are no others', () => {
  expect(others).toEqual([]);
  expect(used(file)).toEqual(allKeys(playbookFileSchema).toSorted());
  expect(used(overrides)).toEqual(allKeys(overridesSchema).toSorted());
});
