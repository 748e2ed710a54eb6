import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { revertEdits } from '../../scripts/render/edits.ts';
import { type Rendered, type RenderedName, render, shippedFiles } from '../../scripts/render.ts';
import { check } from '../support/check.ts';
import { generations } from '../support/generations.ts';
import { shippedRules } from './cases.ts';

const names: RenderedName[] = ['alert_rules.yml', 'alertmanager.yml', 'prometheus.yml'];
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'shop-render-'));
  writeFileSync(join(folder, 'token'), 'secret');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function renderWith(factor: number, people?: string): Rendered {
  return render({
    api: '127.0.0.1:18000',
    payments: '127.0.0.1:18010',
    bot: '127.0.0.1:15000',
    prometheus: '127.0.0.1:19090',
    alertmanager: '127.0.0.1:19093',
    rulesFile: join(folder, 'alert_rules.yml'),
    tokenFile: join(folder, 'token'),
    factor,
    ...(people ? { people } : {}),
  });
}

it.each(names)('%s is the shipped text again once the printed replacements are undone', (name) => {
  const { files, replacements } = renderWith(5, 'http://127.0.0.1:1/people');
  const own = replacements.filter(({ file }) => file === name);

  expect(files[name]).not.toBe(readFileSync(shippedFiles[name], 'utf8'));
  expect(revertEdits(files[name], own)).toBe(readFileSync(shippedFiles[name], 'utf8'));
});

it('factor 1 leaves every duration', () => {
  const { files, replacements } = renderWith(1);
  expect(replacements.filter(({ kind }) => kind === 'duration')).toEqual([]);
  expect(files['alert_rules.yml']).toBe(readFileSync(shippedFiles['alert_rules.yml'], 'utf8'));
});

it('factor 5 divides the durations of rules, scrapes and routes', () => {
  const { files } = renderWith(5);
  expect(files['alert_rules.yml']).toContain('[12s]');
  expect(files['alert_rules.yml']).toContain('[6s]');
  expect(files['prometheus.yml']).toContain('scrape_interval: 1s');
  expect(files['alertmanager.yml']).toContain('group_interval: 2s');
  expect(files['alertmanager.yml']).toContain('group_wait: 1m');
  expect(files['alertmanager.yml']).toContain('group_wait: 0s');
});

describe.each(await generations())('with $name', ({ promtool, amtool }) => {
  it.each([1, 5])('the files for factor %i are well-formed', async (factor) => {
    const { files } = renderWith(factor, 'http://127.0.0.1:1/people');
    for (const name of names) writeFileSync(join(folder, name), files[name]);

    const prometheus = await check(promtool, ['check', 'config', 'prometheus.yml'], folder);
    expect(prometheus.passed, prometheus.said).toBe(true);
    const count = shippedRules()['alert_rules.yml']?.groups.flatMap(({ rules }) => rules).length;
    expect(prometheus.said).toContain(`${count} rules found`);
    const alertmanager = await check(amtool, ['check-config', 'alertmanager.yml'], folder);
    expect(alertmanager.passed, alertmanager.said).toBe(true);
  });
});
