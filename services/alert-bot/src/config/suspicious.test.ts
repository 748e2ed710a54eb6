// What a person may write although it is probably not meant, and the sentence each gets.
import { expect, test } from 'vitest';
import { formatPlaybookError, loadPlaybooks } from './playbooks.ts';

const GOOD = `defaults:
  mode: approve
  cooldown: 2m
  quarantine: 1h
  budgets: [ { attempts: 3, per: 30m }, { attempts: 6, per: 24h } ]
limits:
  targets: { per: 10m }
  storm: { incidents: 10, per: 1m, calm: 2m }
  defer_at_most: 15m
  approve_within: 30m
  settle: 5s
maintenance:
  - { name: w, zone: UTC, from: '02:00', to: '24:00' }
playbooks:
  - name: one
    matchers: [ 'alertname="A"' ]
    target: { service: api }
    steps: [ { restart: {} } ]
  - name: two
    matchers: [ 'alertname=~"B|C"' ]
    target: { service: api }
    steps: [ { restart: {} } ]
`;

function warningsOf(text: string, overrides?: string): string[] {
  const over = overrides === undefined ? undefined : { text: overrides, fileName: 'o.yml' };
  const loaded = loadPlaybooks(text, 'p.yml', over);
  if ('errors' in loaded) throw new Error(loaded.errors.map(formatPlaybookError).join('\n'));
  return loaded.warnings.map(formatPlaybookError);
}

test('nothing is suspicious about a usual file', () => {
  expect(warningsOf(GOOD)).toEqual([]);
  expect(warningsOf(GOOD.slice(GOOD.indexOf('playbooks:')))).toEqual([]);
});

test.for([
  [
    ['cooldown: 2m', 'budgets: [ { attempts: 3, per: 30m }, { attempts: 6, per: 24h } ]'],
    ['cooldown: 12m', 'budgets: [ { attempts: 1, per: 10m } ]'],
    'p.yml:3: defaults.cooldown: `12m` is not shorter than the longest window of its budgets (1 per 10m), so that no incident counts against the next one: write a shorter cooldown or a longer per',
  ],
  [
    ['cooldown: 2m'],
    ['cooldown: 20m'],
    'p.yml:3: defaults.cooldown: `20m` is longer than limits.defer_at_most (15m), so that a person is told before it ends: write a shorter cooldown or a longer defer_at_most',
  ],
  [
    ['quarantine: 1h'],
    ['quarantine: 20m'],
    'p.yml:4: defaults.quarantine: `20m` is shorter than the shortest window of its budgets (3 per 30m, 6 per 1d), which still forbids the trial at its end: write 30m or more',
  ],
  [
    ['{ attempts: 6, per: 24h }'],
    ['{ attempts: 4, per: 20m }'],
    'p.yml:5: defaults.budgets[1]: `{"attempts":4,"per":"20m"}` never counts, as 3 per 30m is always spent before: leave one of the two out',
  ],
  [
    ['{ attempts: 6, per: 24h }'],
    ['{ attempts: 3, per: 30m }'],
    'p.yml:5: defaults.budgets[1]: `{"attempts":3,"per":"30m"}` never counts, as 3 per 30m is always spent before: leave one of the two out',
  ],
  [
    ['{ attempts: 3, per: 30m }'],
    ['{ attempts: 5, per: 1m }'],
    'p.yml:5: defaults.budgets[0]: `{"attempts":5,"per":"1m"}` can never be spent, as backoff and cooldown spread 5 attempts over at least 2m30s: write fewer attempts or a longer per',
  ],
  [
    ['per: 10m'],
    ['per: 20m'],
    'p.yml:7: limits.targets.per: `20m` is longer than limits.defer_at_most (15m), so that a person is told before the next target may be acted on: write a shorter per or a longer defer_at_most',
  ],
  [
    ['incidents: 10'],
    ['incidents: 1'],
    'p.yml:8: limits.storm.incidents: `1` makes every incident a storm, which holds all actions: write 3 or more',
  ],
  [
    ['calm: 2m'],
    ['calm: 30s'],
    'p.yml:8: limits.storm.calm: `30s` is shorter than per (1m), so that one new incident after it counts with those of the storm: write 1m or more',
  ],
  [
    ['approve_within: 30m'],
    ['approve_within: 30s'],
    'p.yml:10: limits.approve_within: `30s` is hardly enough for a person to be told and to answer: write 5m or more',
  ],
  [
    ['settle: 5s'],
    ['settle: 15m'],
    'p.yml:11: limits.settle: `15m` is not shorter than limits.defer_at_most (15m), so that a person is told before what has dependencies may be acted on: write a shorter settle or a longer defer_at_most',
  ],
  [
    ['02:00'],
    ['00:00'],
    'p.yml:13: maintenance[0]: `{"name":"w","zone":"UTC","from":"00:00","to":"24:00"}` is always open, so that nothing is ever acted on: write mode: observe under defaults, or a shorter window',
  ],
  [
    [`'alertname=~"B|C"'`],
    [`'alertname="A"', 'severity="critical"'`],
    "p.yml:19: playbooks[1].name: `two` is never used, as one stands before it and matches all that it matches: write it before one, or narrow that one's matchers",
  ],
  [
    [`'alertname=~"B|C"'`],
    [`'alertname="B"', 'alertname="C"'`],
    'p.yml:20: playbooks[1].matchers: `["alertname=\\"B\\"","alertname=\\"C\\""]` can never match: no value of alertname satisfies them all; write one matcher for it, such as alertname=~"a|b"',
  ],
] as const)('%j changed to %j', ([from, to, says]) => {
  const text = from.reduce((all, part, i) => all.replace(part, () => to[i] ?? ''), GOOD);
  expect(warningsOf(text)).toContain(says);
});

test('in mode act it does not matter how long an approval may take', () => {
  expect(warningsOf(GOOD.replace('approve\n', 'act\n').replace('within: 30m', 'within: 30s'))).toEqual([]);
});

test('what the defaults bring is told once, what a playbook or the overrides bring is told there', () => {
  expect(warningsOf(GOOD.replace('quarantine: 1h', 'quarantine: 20m'))).toHaveLength(1);
  expect(warningsOf(GOOD, 'defaults:\n  quarantine: 20m\n')).toEqual([
    expect.stringContaining('o.yml:2: defaults.quarantine: `20m`'),
  ]);
  expect(warningsOf(GOOD.replace('    target:', '    quarantine: 20m\n    target:'))).toEqual([
    expect.stringContaining('p.yml:17: playbooks[0].quarantine: `20m`'),
  ]);
});

test('a playbook of another pace may spend a budget, and so it is not called unspendable', () => {
  const text = GOOD.replace('{ attempts: 3, per: 30m }', '{ attempts: 5, per: 1m }');
  expect(warningsOf(text.replace('    target:', '    cooldown: 5s\n    target:'))).toEqual([]);
});
