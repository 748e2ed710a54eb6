import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Playbook } from '../domain/playbook.ts';
import { readPlaybookFiles } from './playbook-files.ts';
import { playbookFileSchema } from './playbook-schema.ts';
import { formatPlaybookError } from './playbooks.ts';
import { allKeys } from './schema-keys.ts';

const root = (file: string) => fileURLToPath(new URL(`../../../../${file}`, import.meta.url));

async function shipped(overrides: string | null) {
  const loaded = await readPlaybookFiles({
    playbooks: root('deploy/playbooks.yml'),
    overrides: overrides === null ? null : root(overrides),
  });
  if ('errors' in loaded) throw new Error(loaded.errors.map(formatPlaybookError).join('\n'));
  return loaded;
}

const steps = ({ steps: [first] }: Playbook) => (first?.kind === 'restart' ? first.attempts : 0);

test('deploy/playbooks.yml acts on the six alerts of the workload', async () => {
  const { file, overridden } = await shipped(null);
  const matching = (alertname: string) =>
    file.playbooks
      .filter((playbook) => playbook.matches({ alertname, service: 'api' }))
      .map(({ name }) => name);
  expect(matching('HighErrorRate')).toEqual(['restart-on-errors']);
  expect(matching('HighUpstreamErrorRate')).toEqual(['restart-on-errors']);
  expect(matching('HighLatency')).toEqual(['restart-when-slow']);
  expect(matching('HighUpstreamLatency')).toEqual(['restart-when-slow']);
  expect(matching('ServiceDown')).toEqual(['restart-when-down']);
  expect(matching('HighMemory')).toEqual(['restart-on-memory']);
  for (const alert of ['DatabaseSlow', 'DatabaseDown', 'Watchdog']) expect(matching(alert)).toEqual([]);
  expect(file.playbooks.map(({ mode, prove }) => [mode, prove.query?.above])).toEqual([
    ['act', 0.2],
    ['act', 0.5],
    ['act', undefined],
    ['act', 0.8],
  ]);
  expect(file.playbooks.map(steps)).toEqual([3, 2, 3, 2]);
  expect(overridden).toEqual([]);
});

test('deploy/bare/overrides.yml shortens durations, leaves the budgets, and says so', async () => {
  const { file, overridden } = await shipped('deploy/bare/overrides.yml');
  expect(overridden).toEqual([
    { path: 'defaults.cooldown', from: '2m', to: '10s' },
    { path: 'defaults.backoff.initial', from: '10s', to: '1s' },
    { path: 'defaults.backoff.max', from: '5m', to: '5s' },
    { path: 'defaults.quarantine', from: '1h', to: '30m' },
    { path: 'defaults.prove.within', from: '1m30s', to: '20s' },
    { path: 'defaults.prove.stable', from: '15s', to: '5s' },
    { path: 'limits.settle', from: '5s', to: '1s' },
  ]);
  for (const { limits } of file.playbooks)
    expect(limits.budgets).toEqual([
      { attempts: 3, per: 30 * 60_000 },
      { attempts: 6, per: 24 * 3_600_000 },
    ]);
});

test('docs/playbooks.md has a row for each key of the schema, and for nothing else', () => {
  const page = readFileSync(root('docs/playbooks.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, key]) => key);
  expect(rows.toSorted()).toEqual(allKeys(playbookFileSchema).toSorted());
});
