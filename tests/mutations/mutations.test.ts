import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { guardsOf } from './guards.ts';
import { readMutations } from './mutation.ts';

const root = resolve(import.meta.dirname, '../..');
const mutations = readMutations(import.meta.dirname);
const guards = guardsOf(join(root, 'services/alert-bot/src/policy'));
const GUARANTEES = Array.from({ length: 14 }, (_, i) => `G${i + 1}`);

describe('the mutations', () => {
  test('there are thirty at least', () => {
    expect(mutations.length).toBeGreaterThanOrEqual(30);
  });

  test.each(GUARANTEES)('%s has one', (guarantee) => {
    expect(mutations.filter(({ guarantees }) => guarantees.includes(guarantee))).not.toEqual([]);
  });

  test.each(guards)('guard %s has one', (guard) => {
    expect(mutations.filter((mutation) => mutation.guards.includes(guard))).not.toEqual([]);
  });

  test('name no guard that is not there', () => {
    expect(mutations.flatMap((one) => one.guards).filter((guard) => !guards.includes(guard))).toEqual([]);
  });

  test('the guards are found where they stand', () => {
    expect(guards).toEqual(expect.arrayContaining(['playbook', 'target', 'cooldown', 'mode', 'approval']));
  });
});

test.each(mutations)('$name is small, of the product, linked to a test, and applies', (mutation) => {
  const { patch, lines, changes, proof } = mutation;
  expect(lines).toBeGreaterThan(0);
  expect(lines).toBeLessThan(10);
  const ofProduct = (file: string) => /^(services|deploy)\//.test(file) && !/\.(test|fixture)\./.test(file);
  expect(changes.filter((file) => !ofProduct(file))).toEqual([]);
  expect(proof === 'simulation' || existsSync(join(root, proof.file))).toBe(true);
  // Where this throws, npm run test:mutations says how to renew it.
  execFileSync('git', ['apply', '--check', patch], { cwd: root, stdio: 'pipe' });
});
