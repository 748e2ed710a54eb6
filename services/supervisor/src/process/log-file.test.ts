import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../harness.ts';
import { LogFile } from './log-file.ts';

const fail = (error: unknown) => {
  throw error;
};

test('a full file makes room, and there are two at most', () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'api.log');
  const log = new LogFile(path, fail, 10);
  for (const line of ['one', 'two', 'three', 'four', 'five']) log.append(line);
  log.close();
  expect(readdirSync(folder.path)).toEqual(['api.log', 'api.log.1']);
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('three\n');
  expect(readFileSync(path, 'utf8')).toBe('four\nfive\n');
});

test('what an earlier supervisor wrote counts and stays', () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'api.log');
  for (const line of ['one', 'two', 'three']) {
    const log = new LogFile(path, fail, 10);
    log.append(line);
    log.close();
  }
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('one\ntwo\n');
  expect(readFileSync(path, 'utf8')).toBe('three\n');
});

test('a folder that is gone is told once and throws nothing', () => {
  const errors: unknown[] = [];
  const log = new LogFile('/nowhere/api.log', (error) => errors.push(error));
  log.append('one');
  log.append('two');
  expect(errors).toHaveLength(1);
});
