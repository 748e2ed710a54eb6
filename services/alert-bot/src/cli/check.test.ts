import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli, tooWide, unfold } from './harness.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'check-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

const PLAYBOOK = `playbooks:
  - name: one
    matchers: [ 'alertname="A"', 'service!=""' ]
    target: { service: '{{ $labels.service }}' }
    steps: [ { restart: {} }, { escalate: {} } ]
`;

test.concurrent('the shipped files are good, and so are the alerts they are for', async () => {
  const args = ['check', '--playbooks', 'deploy/playbooks.yml', '--rules', 'alert_rules.yml'];
  args.push('--services', 'docker-compose.yml');
  const { code, out, err } = await cli(args);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(tooWide(out)).toEqual([]);
  const lines = unfold(out.trim()).split('\n');
  expect(lines).toContain(
    'restart-on-errors (act): alertname=~"HighErrorRate|HighUpstreamErrorRate" -> {{ $labels.service }}; restart (10s to stop) up to 3×, then tell a person; at most 3 per 30m, 6 per 1d; proven within 1m30s, stable 15s, query not above 0.2',
  );
  expect(lines).toContain(
    'at once: 1 action; in 10m: 3 targets, at most 100% of all; a storm: 10 new incidents in 1m, over when none came for 2m',
  );
  expect(lines.filter((line) => line.startsWith('warning'))).toEqual([]);
  expect(lines.at(-1)).toBe('deploy/playbooks.yml: good');
});

test.concurrent('what a file holds cannot command the terminal', async () => {
  const { code, out } = await cli(['check', '--playbooks', file('esc.yml', '"\\e[31mred\\x9b": 1\n')]);
  expect(code).toBe(1);
  expect(unfold(out)).toContain('`\\u{1b}[31mred\\u{9b}` is not known here');
});

test.concurrent('what the overrides replace is printed', async () => {
  const args = ['check', '--playbooks', 'deploy/playbooks.yml', '--overrides', 'deploy/bare/overrides.yml'];
  const { code, out } = await cli(args);
  expect(code).toBe(0);
  const lines = unfold(out.trim()).split('\n');
  expect(lines.filter((line) => line.startsWith('overridden by'))).toHaveLength(7);
  expect(lines).toContain('overridden by deploy/bare/overrides.yml: defaults.cooldown 2m -> 10s');
  expect(lines.filter((line) => line.startsWith('warning'))).toEqual([]);
});

test.concurrent('what is suspicious about the overrides is told by their line', async () => {
  const overrides = file('idle.yml', 'defaults:\n  quarantine: 10m\n');
  const { code, out } = await cli([
    ...['check', '--playbooks', 'deploy/playbooks.yml'],
    ...['--overrides', overrides],
  ]);
  expect(code).toBe(0);
  expect(unfold(out)).toContain(
    `warning: ${overrides}:2: defaults.quarantine: \`10m\` is shorter than the shortest window of its budgets`,
  );
});

test.concurrent('every error is printed with file, line, path and remedy', async () => {
  const path = file('bad.yml', PLAYBOOK.replace('name', 'nam').replace('restart', 'restat'));
  const { code, out, err } = await cli(['check'], { ALERT_BOT_PLAYBOOKS: path });
  expect(code).toBe(1);
  expect(unfold(out.trim()).split('\n')).toEqual([
    `${path}:2: playbooks[0].name: is missing: write a name of letters, digits, - and _, such as restart-on-errors`,
    `${path}:2: playbooks[0].nam: \`nam\` is not known here: did you mean name?`,
    `${path}:5: playbooks[0].steps[0].restat: \`restat\` is not known here: did you mean restart?`,
  ]);
  expect(err).toBe('alert-bot: 3 errors; the bot would not start with this.\n');
});

test.concurrent('--json has every error with its file, line, path and value, and the same exit code', async () => {
  const path = file('bad-json.yml', PLAYBOOK.replace('restart', 'restat'));
  const { code, out, err } = await cli(['check', '--playbooks', path, '--json']);
  expect(code).toBe(1);
  expect(JSON.parse(out)).toEqual({
    good: false,
    errors: [
      {
        ...{ file: path, line: 5, path: 'playbooks[0].steps[0].restat', value: 'restat' },
        message: 'is not known here: did you mean restart?',
      },
    ],
    ...{ overridden: [], playbooks: [], warnings: [] },
  });
  expect(err).toBe('alert-bot: 1 error; the bot would not start with this.\n');
});

test.concurrent('--json has the playbooks, what is overridden, and the warnings of all files', async () => {
  const playbooks = file('good-json.yml', PLAYBOOK);
  const overrides = file('over-json.yml', 'defaults:\n  quarantine: 10m\n');
  const rules = file('rules-json.yml', 'groups: []\n');
  const { code, out, err } = await cli([
    ...['check', '--playbooks', playbooks, '--overrides', overrides],
    ...['--rules', rules, '--services', file('compose-json.yml', 'services: {}\n'), '--json'],
  ]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(JSON.parse(out)).toEqual({
    ...{ good: true, errors: [], playbooks: ['one'] },
    overridden: [{ path: 'defaults.quarantine', from: '1h', to: '10m' }],
    warnings: [
      {
        ...{ file: overrides, line: 2, path: 'defaults.quarantine', value: '10m' },
        message: expect.stringMatching(/^is shorter than the shortest window of its budgets/),
      },
      { message: `one matches no alert of ${rules}: mend its matchers, or add the alert.` },
    ],
  });
});

test.concurrent('warns of an alert nobody acts on, a playbook without an alert, and a rule that cannot be read', async () => {
  const rules = file(
    'rules.yml',
    `groups:
  - name: g
    rules:
      - { alert: A, expr: 'up @ 5 == 0', labels: { remediation: auto } }
      - { alert: B, expr: 'up == 0', labels: { remediation: auto } }
      - { alert: C, expr: 'up == 0' }
`,
  );
  const path = file(
    'two.yml',
    `${PLAYBOOK}${PLAYBOOK.slice(11).replace('one', 'two').replace('"A"', '"Z"')}`,
  );
  const { code, out } = await cli(['check', '--playbooks', path, '--rules', rules]);
  expect(code).toBe(0);
  expect(
    unfold(out)
      .split('\n')
      .filter((line) => line.startsWith('warning')),
  ).toEqual([
    `warning: two matches no alert of ${rules}: mend its matchers, or add the alert.`,
    'warning: how far A looks back cannot be told, so that one takes 10m for its proof: write its ranges out.',
    'warning: no playbook matches B, which is labelled remediation="auto": write one.',
  ]);
});

test.concurrent('warns of a rule that names no target, and of one that lets go later than a proof is looked for', async () => {
  const rules = file(
    'targetless.yml',
    `groups:
  - name: g
    interval: 10s
    rules:
      - { record: all, expr: 'sum(rate(x[5m]))' }
      - { alert: A, expr: 'all > 1', for: 30s, keep_firing_for: 1m, labels: { service: api, remediation: auto } }
      - { alert: A, expr: 'all > 2', labels: { remediation: auto } }
`,
  );
  const path = file('targetless-playbooks.yml', PLAYBOOK.replace(`, 'service!=""'`, ''));
  const { out } = await cli(['check', '--playbooks', path, '--rules', rules]);
  const lets = (length: string) =>
    `warning: one gives a proof 1m30s, and A may fire for ${length} after the cure; the bot waits that long: write prove.within: ${length} or more, or shorten the ranges of the rule.`;
  expect(
    unfold(out)
      .split('\n')
      .filter((line) => line.startsWith('warning')),
  ).toEqual([
    lets('6m50s'),
    lets('5m20s'),
    "warning: A names no target: one needs its label service, which its expression sums away; write sum by (service) or the like, or service under the rule's labels.",
  ]);
});

test.concurrent('warns of services that depend on each other, and of names that are not there', async () => {
  const compose = file(
    'compose.yml',
    `services:
  api: { depends_on: { db: { condition: service_healthy } }, labels: [ 'alert-bot.depends-on=cache, mail' ] }
  db: { labels: { alert-bot.depends-on: worker } }
  worker: { depends_on: [ api ] }
  cache: {}
`,
  );
  const path = file(
    'named.yml',
    `maintenance: [ { name: backup, zone: UTC, from: '01:00', to: '02:00', services: [ dbb, db ] } ]
${PLAYBOOK.replace("'{{ $labels.service }}'", 'apii')}`,
  );
  const { out } = await cli(['check', '--playbooks', path, '--services', compose]);
  expect(
    unfold(out)
      .split('\n')
      .filter((line) => line.startsWith('warning')),
  ).toEqual([
    `warning: api -> db -> worker -> api depend on each other in ${compose}, so that none of them waits for another: take one of these out of depends_on or alert-bot.depends-on.`,
    `warning: alert-bot.depends-on of api names mail, which ${compose} has not: write a service of the same project.`,
    `warning: the target of one names apii, which ${compose} has not: did you mean api?`,
    `warning: the maintenance window backup names dbb, which ${compose} has not: did you mean db?`,
  ]);
});

test.concurrent.for([
  [['check'], 2, 'check needs a playbook file: give --playbooks FILE, or set ALERT_BOT_PLAYBOOKS.'],
  [
    ['check', '--playbooks', 'deploy/playbooks.yml', '--rules', 'nowhere.yml'],
    1,
    'nowhere.yml cannot be read (ENOENT',
  ],
  [
    ['check', '--playbooks', 'deploy/playbooks.yml', '--rules', 'deploy/playbooks.yml'],
    1,
    'is no rule file (groups',
  ],
  [
    ['check', '--playbooks', 'deploy/playbooks.yml', '--services', 'alert_rules.yml'],
    1,
    'is no Compose file and no process file',
  ],
] as const)('%j ends with code %i', async ([args, exit, says]) => {
  const { code, err } = await cli(args);
  expect(code).toBe(exit);
  expect(err).toContain(says);
});

test.concurrent('a playbook file that does not exist is an error with its name', async () => {
  const { code, out } = await cli(['check', '--playbooks', '/nowhere.yml']);
  expect(code).toBe(1);
  expect(unfold(out)).toBe('/nowhere.yml: does not exist: write it, or set ALERT_BOT_PLAYBOOKS\n');
});
