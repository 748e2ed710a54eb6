// Real files in a temporary folder; how the process as a whole does it is in cli/reload.test.ts.
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { loadTexts, readTexts } from './playbook-files.ts';
import { followPlaybooks } from './reload.ts';

const playbook = (name: string) => `  - name: ${name}
    matchers: [ 'alertname="A"' ]
    target: { service: api }
    steps: [ { restart: {} } ]
`;
const two = (mode: string) => `playbooks:\n${playbook('one')}${playbook('two')}defaults: { mode: ${mode} }\n`;

async function follow(folder: string, times: { poll?: number; still?: number } = {}) {
  const paths = { playbooks: join(folder, 'p.yml'), overrides: null };
  const texts = await readTexts(paths);
  const loaded = loadTexts(texts);
  if ('errors' in loaded) throw new Error(JSON.stringify(loaded.errors));
  const told: string[] = [];
  let now = 1_000;
  const playbooks = followPlaybooks(
    paths,
    { texts, file: loaded.file },
    {
      reloaded: (changes) => told.push(`good: ${changes.map(({ path, to }) => `${path} ${to}`).join('; ')}`),
      refused: ([first]) => told.push(`bad: ${first}`),
      unwatched: (_, why) => told.push(`unwatched: ${why}`),
    },
    () => now++,
    { poll: 60_000, still: 50, ...times },
  );
  return {
    playbooks,
    told,
    tells: (count: number) => vi.waitFor(() => expect(told).toHaveLength(count), { timeout: 10_000 }),
    [Symbol.asyncDispose]: () => playbooks.stop(),
  };
}

function temporary() {
  const folder = mkdtempSync(join(tmpdir(), 'follow-'));
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

test('G13: never acts between two halves: what is being written is not read, although half of it is good', async () => {
  using at = temporary();
  const path = join(at.folder, 'p.yml');
  writeFileSync(path, two('observe'));
  await using followed = await follow(at.folder, { still: 1_000 });
  // Without its last line the file is good, and so it is without its second playbook. It takes longer to write it than
  // it must stand still.
  const halves = [`playbooks:\n${playbook('one')}`, `playbooks:\n${playbook('one')}${playbook('two')}`];
  for (const [i, half] of [...halves, ...halves, ...halves, ...halves].entries()) {
    writeFileSync(path, `# ${i}\n${half}`);
    await delay(200);
  }
  writeFileSync(path, two('act'));
  await followed.tells(1);
  expect(followed.told).toEqual(['good: playbooks.one.mode act; playbooks.two.mode act']);
});

test('G13: a wrong file changes nothing, is told once, and again when asked', async () => {
  using at = temporary();
  const path = join(at.folder, 'p.yml');
  writeFileSync(path, two('observe'));
  await using followed = await follow(at.folder, { poll: 50 });
  const before = followed.playbooks.current();
  const loadedAt = followed.playbooks.loadedAt();
  writeFileSync(path, two('maybe'));
  await followed.tells(1);
  expect(followed.told[0]).toContain('`maybe` is not a mode');
  expect(followed.playbooks.problems()).toHaveLength(1);
  expect(followed.playbooks.current()).toBe(before);
  expect(followed.playbooks.loadedAt()).toBe(loadedAt);
  followed.playbooks.now();
  await followed.tells(2);
  expect(followed.told[1]).toBe(followed.told[0]);
  rmSync(path);
  await followed.tells(3);
  expect(followed.told[2]).toContain('does not exist');
  writeFileSync(path, two('act'));
  await vi.waitFor(() => expect(followed.playbooks.problems()).toEqual([]), { timeout: 10_000 });
  expect(followed.playbooks.current().playbooks[0]?.mode).toBe('act');
});

test('a folder that is swapped behind a link, as Kubernetes does it, is found by polling', async () => {
  using at = temporary();
  for (const [version, mode] of [
    ['v1', 'observe'],
    ['v2', 'approve'],
  ] as const) {
    mkdirSync(join(at.folder, version));
    writeFileSync(join(at.folder, version, 'p.yml'), two(mode));
  }
  symlinkSync('v1', join(at.folder, 'now'));
  symlinkSync('now/p.yml', join(at.folder, 'p.yml'));
  await using followed = await follow(at.folder, { poll: 50 });
  symlinkSync('v2', join(at.folder, 'next'));
  renameSync(join(at.folder, 'next'), join(at.folder, 'now'));
  await followed.tells(1);
  expect(followed.told).toEqual(['good: playbooks.one.mode approve; playbooks.two.mode approve']);
});

test('what changed is told value by value, with what came and went', async () => {
  using at = temporary();
  const path = join(at.folder, 'p.yml');
  writeFileSync(path, two('observe'));
  await using followed = await follow(at.folder);
  writeFileSync(
    path,
    `limits: { storm: { calm: 3m } }
maintenance: [ { name: w, zone: UTC, from: '01:00', to: '02:00', days: [ sat ] } ]
playbooks:
${playbook('one').replace('restart: {}', 'restart: { timeout: 5s }')}`,
  );
  await followed.tells(1);
  const changes = followed.told[0]?.split('; ') ?? [];
  for (const change of [
    'good: limits.storm.calm 3m',
    'playbooks one',
    'playbooks.one.steps { kind: restart, timeout: 5s, attempts: 3 }',
    'playbooks.two.name (none)',
    'playbooks.two.cooldown (none)',
    'maintenance.w.zone UTC',
    'maintenance.w.days sat',
    'maintenance.w.from 01:00',
  ])
    expect(changes).toContain(change);
});
