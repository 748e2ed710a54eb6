import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { takeFolder } from './folder.ts';
import { readOptions } from './options.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'shop-demo-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('the folder', () => {
  it('is emptied where a demo made it', () => {
    const path = join(root, 'own');
    takeFolder(path).release();
    writeFileSync(join(path, 'old'), '');
    takeFolder(path).release();
    expect(readdirSync(path)).toEqual(['demo.pid']);
  });

  it('is refused where it holds anything else', () => {
    const path = mkdtempSync(join(root, 'other-'));
    writeFileSync(join(path, 'precious'), '');
    expect(() => takeFolder(path)).toThrow('holds files that no demo has made');
    expect(existsSync(join(path, 'precious'))).toBe(true);
  });

  it('is refused while another demo uses it', () => {
    const path = mkdtempSync(join(root, 'used-'));
    writeFileSync(join(path, 'demo.pid'), String(process.ppid));
    expect(() => takeFolder(path)).toThrow(`is used by another demo (process ${process.ppid})`);
  });
});

describe('the options', () => {
  it.each([
    [['--fault', 'crash'], '--fault takes errors or none, not "crash"'],
    [['--break', 'bot'], '--break takes alertmanager, not "bot"'],
    [['--mode', 'approve'], '--mode takes act or observe, not "approve"'],
    [['--jsn'], "Unknown option '--jsn'"],
    [['now'], "Unexpected argument 'now'"],
  ])('%j are refused', (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });

  it('are both acts where nothing is said', () => {
    expect(readOptions([])).toMatchObject({ json: false, fault: 'errors', broken: undefined, mode: 'act' });
  });
});
