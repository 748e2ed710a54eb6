import { expect, test } from 'vitest';
import type { PlaybookFile } from '../domain/playbook.ts';
import { formatPlaybookError, loadPlaybooks } from './playbooks.ts';

/** A good file with some lines changed: every row below breaks it in one place. */
const GOOD = `defaults:
  cooldown: 2m
  budgets: [ { attempts: 3, per: 30m } ]
playbooks:
  - name: one
    matchers: [ 'alertname="A"', 'severity=~"critical|warning"' ]
    target: { service: '{{ $labels.service }}' }
    steps:
      - restart: { timeout: 5s, attempts: 2 }
      - escalate: {}
    prove: { query: 'sum(rate(x{service="{{ $labels.service }}"}[{{ $since }}]))', above: 0.2 }
`;

function load(text: string, overrides?: string): { file: PlaybookFile; overridden: unknown[] } {
  const over = overrides === undefined ? undefined : { text: overrides, fileName: 'over.yml' };
  const loaded = loadPlaybooks(text, 'p.yml', over);
  if ('errors' in loaded) throw new Error(loaded.errors.map(formatPlaybookError).join('\n'));
  return loaded;
}

function errorsOf(text: string, overrides?: string): string[] {
  const over = overrides === undefined ? undefined : { text: overrides, fileName: 'over.yml' };
  const loaded = loadPlaybooks(text, 'p.yml', over);
  return 'errors' in loaded ? loaded.errors.map(formatPlaybookError) : [];
}

test('compiles a playbook and fills in what is left out', () => {
  const { file } = load(GOOD);
  expect(file).toMatchObject({
    limits: { concurrent: 1 },
    playbooks: [
      {
        name: 'one',
        mode: 'observe',
        service: '{{ $labels.service }}',
        steps: [{ kind: 'restart', timeout: 5_000, attempts: 2 }, { kind: 'escalate' }],
        limits: {
          cooldown: 120_000,
          backoff: { initial: 10_000, factor: 2, max: 300_000 },
          budgets: [{ attempts: 3, per: 1_800_000 }],
          quarantine: 3_600_000,
          deferAtMost: 900_000,
          settle: 5_000,
        },
        prove: { within: 90_000, stable: 15_000, query: { above: 0.2 } },
      },
    ],
  });
  const matches = file.playbooks[0]?.matches ?? (() => false);
  expect(matches({ alertname: 'A', severity: 'critical' })).toBe(true);
  expect(matches({ alertname: 'A', severity: 'criticality' })).toBe(false);
  expect(matches({ alertname: 'B', severity: 'critical' })).toBe(false);
});

test('G7: the overrides may say how long to settle', () => {
  const { file, overridden } = load(GOOD, 'limits: { settle: 1s }\n');
  expect(file.playbooks[0]?.limits.settle).toBe(1_000);
  expect(file.limits).not.toHaveProperty('settle');
  expect(overridden).toEqual([{ path: 'limits.settle', from: '5s', to: '1s' }]);
});

test('a playbook goes before the overrides, and these before the defaults of the file', () => {
  const text = GOOD.replace('    steps:', '    backoff: { max: 1m }\n    steps:');
  const { file, overridden } = load(
    text,
    'defaults: { cooldown: 120s, backoff: { initial: 1s, max: 5s } }\nlimits: { concurrent: 2 }\n',
  );
  expect(file.limits.concurrent).toBe(2);
  expect(file.playbooks[0]?.limits).toMatchObject({
    cooldown: 120_000,
    backoff: { initial: 1_000, factor: 2, max: 60_000 },
  });
  // 120s replaces 2m with the same: nothing a figure depends on.
  expect(overridden).toEqual([
    { path: 'defaults.backoff.initial', from: '10s', to: '1s' },
    { path: 'defaults.backoff.max', from: '5m', to: '5s' },
    { path: 'limits.concurrent', from: '1', to: '2' },
  ]);
});

// Each row: what is replaced in the good file, by what, and the one error that this makes.
test.for([
  [
    'cooldown: 2m',
    'cooldwn: 2m',
    'p.yml:2: defaults.cooldwn: `cooldwn` is not known here: did you mean cooldown?',
  ],
  ['cooldown: 2m', 'cooldown: 10', 'p.yml:2: defaults.cooldown: `10` has no unit: write 10s, 10m or 10h'],
  ['cooldown: 2m', "cooldown: '10'", 'p.yml:2: defaults.cooldown: `10` has no unit: write 10s, 10m or 10h'],
  ...['.nan', '.inf', '-5', '1.5', '1e21'].map(
    (number) =>
      [
        'cooldown: 2m',
        `cooldown: ${number}`,
        `p.yml:2: defaults.cooldown: \`${number}\` is not a duration: write a duration such as 2m`,
      ] as const,
  ),
  ['cooldown: 2m', 'cooldown: 1.5h', '`1.5h` is not a duration: write whole numbers with units, such as 2m'],
  ['cooldown: 2m', 'cooldown: 30d', '`30d` is too long: write at most 14d'],
  ['cooldown: 2m', 'cooldown:', 'p.yml:2: defaults.cooldown: is empty: write a duration such as 2m'],
  [
    'cooldown: 2m',
    'mode: aprove',
    'p.yml:2: defaults.mode: `aprove` is not a mode: write observe or approve or act',
  ],
  ['cooldown: 2m', 'quarantine: 0s', '`0s` is too short: write a duration such as 1h, or manual'],
  ['cooldown: 2m', 'backoff: { factor: 0.5 }', 'defaults.backoff.factor: `0.5` is under 1'],
  [
    'cooldown: 2m',
    'backoff: { initial: 10m }',
    'p.yml:2: defaults.backoff: begins at 10m, above its max of 5m',
  ],
  [
    'cooldown: 2m',
    'prove: { within: 5s }',
    'p.yml:2: defaults.prove: cannot be met: stable is 15s and within only 5s',
  ],
  ['cooldown: 2m', 'cooldown: 2m\n  cooldown: 3m', 'p.yml:3: `cooldown` stands here for the second time'],
  ['per: 30m', 'per: 0s', 'p.yml:3: defaults.budgets[0].per: `0s` is too short'],
  ['[ { attempts: 3, per: 30m } ]', '[]', 'p.yml:3: defaults.budgets: `[]` is an empty list'],
  ['attempts: 3', 'attempts: 0', 'p.yml:3: defaults.budgets[0].attempts: `0` is under 1'],
  ['name: one', 'nam: one', 'p.yml:5: playbooks[0].nam: `nam` is not known here: did you mean name?'],
  ['name: one', 'name: one, two', 'p.yml:5: playbooks[0].name: `one, two` is no name for a playbook'],
  [
    'critical|warning',
    '(?!x)',
    'p.yml:6: playbooks[0].matchers[1]: `severity=~"(?!x)"` is not an RE2 regular expr',
  ],
  [
    `'alertname="A"'`,
    'alertname',
    'playbooks[0].matchers[0]: `alertname` is not a matcher: write one such as',
  ],
  [
    `'alertname="A"'`,
    `'a="b'`,
    '`a="b` is not a matcher: the quotes do not close; write one such as severity="cr',
  ],
  [
    `'{{ $labels.service }}'`,
    '{{ $labels.service }}',
    "is not text: write '{{ $labels.service }}' in quotes",
  ],
  [`'{{ $labels.service }}'`, `'{{ service }}'`, '{{ service }} is not known: write {{ $labels.<name> }}'],
  [
    `'{{ $labels.service }}'`,
    `'{{ $labels.service'`,
    "a {{ does not close; write '{{ $labels.service }}' in quotes",
  ],
  [
    'timeout: 5s',
    'timeout: 2h',
    'p.yml:9: playbooks[0].steps[0].restart.timeout: `2h` is too long: write at most 1h',
  ],
  ['restart: { timeout: 5s, attempts: 2 }', 'restart:', 'restart: is empty: write restart: { timeout: 10s'],
  [
    '- escalate: {}',
    '- restrat: {}',
    'p.yml:10: playbooks[0].steps[1].restrat: `restrat` is not known here: did you',
  ],
  [
    '- escalate: {}',
    '- escalate: {}\n      - restart: {}',
    'p.yml:11: playbooks[0].steps[2]: `{"restart":{}}` comes aft',
  ],
  [
    '- restart: { timeout: 5s, attempts: 2 }',
    '',
    'has no step that acts: write restart: {} before escalate: {}',
  ],
  ['- escalate: {}', '- {}', 'p.yml:10: playbooks[0].steps[1]: `{}` says nothing: write one step an entry'],
  [
    ', above: 0.2',
    '',
    'p.yml:11: playbooks[0].prove.query: `sum(rate(x{service="{{ $labels.service }}"}[{{ $since }}]))` has',
  ],
  [
    'above: 0.2',
    'above: a fifth',
    'p.yml:11: playbooks[0].prove.above: `a fifth` is not a number: write 0.2',
  ],
  [/query: '.*', /, '', 'p.yml:11: playbooks[0].prove.above: `0.2` is a limit of no query'],
  ['[{{ $since }}]', '[5m]', 'looks back [5m], which may reach to before the action: write [{{ $since }}]'],
  [
    '[{{ $since }}]',
    '[{{ $since }}] offset 5m',
    'looks back with offset, to before the action: leave it out',
  ],
  ['{{ $since }}', '{{ $sinse }}', '{{ $sinse }} is not known: write {{ $labels.<name> }} or {{ $since }}'],
  ['{{ $since }}]))', '{{ $since }}])', 'is not PromQL near'],
  [
    '{service="{{ $labels.service }}"}',
    '',
    'asks the same of every target: write a label of the alert into it',
  ],
  ['playbooks:', 'playbook:', 'p.yml:4: playbook: `playbook` is not known here: did you mean playbooks?'],
] as const)('%s changed to %s is told with line, path and remedy', ([from, to, says]) => {
  const errors = errorsOf(GOOD.replace(from, () => to));
  expect(errors.join('\n')).toContain(says);
  for (const error of errors) expect(error).toMatch(/: .*(write|did you mean|leave it out|keep one)/);
});

test.for([
  ['', 'p.yml:1: is empty: write playbooks: and a list of playbooks'],
  ['playbooks: []', 'p.yml:1: playbooks: `[]` is an empty list'],
  ['- a', 'p.yml:1: is not a map: write playbooks: and a list of playbooks'],
  ['a: [1\nb: 2', 'p.yml:2: `b` is not YAML: '],
  ['a: *b', 'write it without aliases'],
  ['a: &x 1\nb: *x\nc:\n  - *y', 'p.yml:4: cannot be read: '],
  ['a: !x 1', '`!x` is not YAML: Unresolved tag: !x'],
] as const)('a file that is %j is told as a whole', ([text, says]) => {
  expect(errorsOf(text).join('\n')).toContain(says);
});

test('two playbooks of one name are told at the second one', () => {
  const twice = GOOD + GOOD.slice(GOOD.indexOf('  - name'));
  expect(errorsOf(twice)).toEqual([
    'p.yml:12: playbooks[1].name: `one` is the name of a playbook above: write another name',
  ]);
});

test('all errors come at once, of both files, those of several values among them', () => {
  const broken = GOOD.replace('2m', '2')
    .replace('5s', 'x')
    .replace('- escalate', '- escalat')
    .replace(', above: 0.2', '');
  expect(errorsOf(broken, 'defaults: { mode: maybe }').map((error) => error.split(' ')[0])).toEqual([
    'p.yml:2:',
    'p.yml:9:',
    'p.yml:10:',
    'p.yml:11:',
    'over.yml:1:',
  ]);
});

test('the overrides may replace nothing but defaults and limits', () => {
  expect(errorsOf(GOOD, 'limits: { concurrent: 1 }\nplaybooks: []\n')).toEqual([
    'over.yml:2: playbooks: `playbooks` is not known here: write playbooks in the playbook file',
  ]);
});

test('empty overrides are told what may stand in them', () => {
  expect(errorsOf(GOOD, '# none yet\n')).toEqual([
    'over.yml:1: is empty: write defaults: or limits: with what is to be replaced',
  ]);
});

test('what the overrides make impossible is told in the overrides', () => {
  expect(errorsOf(GOOD, 'defaults:\n  prove: { within: 5s }\n')).toEqual([
    'over.yml:2: defaults.prove: cannot be met: stable is 15s and within only 5s; write a shorter stable or a longer within',
  ]);
});

test('a service may be named outright, with a query that does the same', () => {
  const text = GOOD.replaceAll('{{ $labels.service }}', () => 'worker');
  expect(load(text).file.playbooks[0]?.service).toBe('worker');
});

// A label of an alert is written by whoever sends alerts: it must not be able to change the query.
test.for([
  ['sum(rate(x{service=~"{{ $labels.service }}"}[{{ $since }}]))', 'a value such as .* would widen it'],
  ['sum(rate(x{service="api"}[{{ $since }}])) > {{ $labels.limit }}', 'quote it'],
])('a prove query %s is refused', ([query, says]) => {
  const text = GOOD.replace(/query: '.*', /, `query: '${query}', `);
  const loaded = loadPlaybooks(text, 'p.yml');
  expect('errors' in loaded ? loaded.errors.map((error) => error.message).join() : 'no error').toContain(
    says,
  );
});
