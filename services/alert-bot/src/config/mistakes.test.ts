// The mistakes that a person can make, and the sentence each gets.
import { describe, expect, test } from 'vitest';
import { formatPlaybookError, loadPlaybooks } from './playbooks.ts';

/** A good file. Each row below replaces one part of it. */
const GOOD = `limits:
  targets: { count: 3, percent: 34, per: 10m }
  storm: { incidents: 10, per: 1m, calm: 2m }
  approve_within: 30m
  settle: 5s
maintenance:
  - name: backup
    zone: Europe/Berlin
    days: [ sat, sun ]
    from: '23:30'
    to: '01:00'
    services: [ api ]
    playbooks: [ one ]
playbooks:
  - name: one
    matchers: [ 'alertname="A"' ]
    target: { service: '{{ $labels.service }}' }
    steps: [ { restart: {} }, { escalate: {} } ]
`;

function errorsOf(text: string): string[] {
  const loaded = loadPlaybooks(text, 'p.yml');
  return 'errors' in loaded ? loaded.errors.map(formatPlaybookError) : [];
}

test('the file that the rows break is good', () => {
  const loaded = loadPlaybooks(GOOD, 'p.yml');
  if ('errors' in loaded) throw new Error(errorsOf(GOOD).join('\n'));
  expect(loaded.file.limits).toEqual({
    concurrent: 1,
    targets: { count: 3, percent: 34, per: 600_000 },
    storm: { incidents: 10, per: 60_000, calm: 120_000 },
  });
  expect(loaded.file.playbooks[0]?.limits).toMatchObject({ approveWithin: 1_800_000, settle: 5_000 });
  expect(loaded.file.maintenance).toEqual([
    {
      name: 'backup',
      zone: 'Europe/Berlin',
      days: ['sat', 'sun'],
      from: 23 * 60 + 30,
      to: 60,
      services: ['api'],
      playbooks: ['one'],
    },
  ]);
});

test('a window without days, services and playbooks is for all of them', () => {
  const text = GOOD.replace(/ {4}days.*\n/, '').replace(/ {4}services.*\n {4}playbooks.*\n/, '');
  const loaded = loadPlaybooks(text, 'p.yml');
  expect('file' in loaded ? loaded.file.maintenance[0] : loaded.errors).toMatchObject({
    days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
    services: null,
    playbooks: null,
  });
});

type Row = readonly [from: string | RegExp, to: string, says: string];

function rows(of: readonly Row[]): void {
  test.for(of)('%s changed to %s', ([from, to, says]) => {
    const changed = GOOD.replace(from, () => to);
    expect(changed).not.toBe(GOOD);
    expect(errorsOf(changed)).toEqual([says]);
  });
}

describe('limits', () =>
  rows([
    [
      'percent: 34',
      'percent: 101',
      'p.yml:2: limits.targets.percent: `101` is over 100 percent: write 1 to 100, such as 34',
    ],
    [
      'percent: 34',
      'percent: 0.34',
      'p.yml:2: limits.targets.percent: `0.34` is under 1 percent: write 1 to 100, such as 34',
    ],
    ['percent: 34', 'percent: 34%', 'p.yml:2: limits.targets.percent: `34%` is not a number: write 34'],
    ['percent: 34', 'percent:', 'p.yml:2: limits.targets.percent: is empty: write 34'],
    ['count: 3', 'count: 0', 'p.yml:2: limits.targets.count: `0` is under 1: write 1 or more, such as 3'],
    ['count: 3', 'count: 2.5', 'p.yml:2: limits.targets.count: `2.5` is not a whole number: write 3'],
    ['per: 10m', 'per: 10', 'p.yml:2: limits.targets.per: `10` has no unit: write 10s, 10m or 10h'],
    ['per: 10m', 'pre: 10m', 'p.yml:2: limits.targets.pre: `pre` is not known here: did you mean per?'],
    [
      '{ count: 3, percent: 34, per: 10m }',
      '3',
      'p.yml:2: limits.targets: `3` is not a map: write { count: 3, percent: 34, per: 10m }',
    ],
    [
      'incidents: 10',
      'incidents: ten',
      'p.yml:3: limits.storm.incidents: `ten` is not a whole number: write 10',
    ],
    ['calm: 2m', 'calm: 0s', 'p.yml:3: limits.storm.calm: `0s` is too short: write a duration such as 2m'],
    [
      'approve_within: 30m',
      'approve_within: 30d',
      'p.yml:4: limits.approve_within: `30d` is too long: write at most 14d',
    ],
    [
      'approve_within',
      'approved_within',
      'p.yml:4: limits.approved_within: `approved_within` is not known here: did you mean approve_within?',
    ],
    ['settle: 5s', 'settle: 5', 'p.yml:5: limits.settle: `5` has no unit: write 5s, 5m or 5h'],
    ['settle: 5s', 'settle: 0s', 'p.yml:5: limits.settle: `0s` is too short: write a duration such as 5s'],
    ['settle: 5s', 'settle:', 'p.yml:5: limits.settle: is empty: write a duration such as 5s'],
    ['settle: 5s', 'setle: 5s', 'p.yml:5: limits.setle: `setle` is not known here: did you mean settle?'],
  ]));

describe('maintenance', () =>
  rows([
    [
      / {4}zone.*\n/,
      '',
      'p.yml:7: maintenance[0].zone: is missing: write the name of a time zone, such as Europe/Berlin',
    ],
    [
      'Europe/Berlin',
      'Europe/Berln',
      'p.yml:8: maintenance[0].zone: `Europe/Berln` is not a time zone: did you mean Europe/Berlin?',
    ],
    [
      'Europe/Berlin',
      'Berlin',
      'p.yml:8: maintenance[0].zone: `Berlin` is not a time zone: did you mean Europe/Berlin?',
    ],
    [
      'Europe/Berlin',
      'Middle Earth',
      'p.yml:8: maintenance[0].zone: `Middle Earth` is not a time zone: write the name of a time zone, such as Europe/Berlin, or UTC',
    ],
    [
      'Europe/Berlin',
      '"+01:00"',
      'p.yml:8: maintenance[0].zone: `+01:00` is an offset, which knows no summer time: write the name of a time zone, such as Europe/Berlin',
    ],
    [
      '[ sat, sun ]',
      '[ sat, sonday ]',
      'p.yml:9: maintenance[0].days[1]: `sonday` is not a day: write one of mon, tue, wed, thu, fri, sat, sun',
    ],
    [
      '[ sat, sun ]',
      '[ Saturday ]',
      'p.yml:9: maintenance[0].days[0]: `Saturday` is not a day: did you mean sat?',
    ],
    [
      '[ sat, sun ]',
      'sat',
      'p.yml:9: maintenance[0].days: `sat` is not a list: write [ sat, sun ], or leave days out for every day',
    ],
    [
      '[ sat, sun ]',
      '[]',
      'p.yml:9: maintenance[0].days: `[]` is an empty list: write [ sat, sun ], or leave days out for every day',
    ],
    [
      "'23:30'",
      "'25:00'",
      'p.yml:10: maintenance[0].from: `25:00` is not a time of day: write hours and minutes of 24 hours, such as "02:00"',
    ],
    [
      "'23:30'",
      "'24:00'",
      'p.yml:10: maintenance[0].from: `24:00` is not a time of day: write hours and minutes of 24 hours, such as "02:00"',
    ],
    [
      "'23:30'",
      '2330',
      'p.yml:10: maintenance[0].from: `2330` is not a time of day: write one in quotes, such as "02:00"',
    ],
    [/ {4}to:.*\n/, '', 'p.yml:7: maintenance[0].to: is missing: write one in quotes, such as "04:00"'],
    [
      "'01:00'",
      "'23:30'",
      'p.yml:11: maintenance[0].to: `23:30` is where the window begins, so that it has no length: write another time, or from "00:00" to "24:00" for whole days',
    ],
    [
      'playbooks: [ one ]',
      'playbooks: [ on ]',
      'p.yml:13: maintenance[0].playbooks[0]: `on` is the name of no playbook: did you mean one?',
    ],
    [
      'playbooks: [ one ]',
      'playbooks: [ restart ]',
      'p.yml:13: maintenance[0].playbooks[0]: `restart` is the name of no playbook: write one of one',
    ],
    [
      'services: [ api ]',
      'service: [ api ]',
      'p.yml:12: maintenance[0].service: `service` is not known here: did you mean services?',
    ],
    [
      '  - name: backup\n    ',
      '  - ',
      'p.yml:7: maintenance[0].name: is missing: write a name that tells a person what is done then, such as backup',
    ],
    [
      /maintenance:(?:.*\n)+? {4}playbooks:.*\n/,
      'maintenance: []\n',
      'p.yml:6: maintenance: `[]` is an empty list: write a list of windows, each beginning with - name:, or leave maintenance out',
    ],
    [
      'maintenance:\n',
      'maintenance:\n  - { name: backup, zone: UTC, from: "00:00", to: "24:00" }\n',
      'p.yml:8: maintenance[1].name: `backup` is the name of a window above: write another name',
    ],
  ]));

// What the issue lists besides; playbooks.test.ts has each single key.
describe('playbooks', () =>
  rows([
    [
      'target:',
      'mod: act\n    target:',
      'p.yml:17: playbooks[0].mod: `mod` is not known here: did you mean mode?',
    ],
    [
      'target:',
      'cooldown: 1.5h\n    target:',
      'p.yml:17: playbooks[0].cooldown: `1.5h` is not a duration: write whole numbers with units, such as 2m',
    ],
    [
      `'alertname="A"'`,
      `'a=~"(b"'`,
      'p.yml:16: playbooks[0].matchers[0]: `a=~"(b"` is not an RE2 regular expression: missing closing ): `(b`; mend it there',
    ],
    [
      `'alertname="A"'`,
      `'a="b", c="d"'`,
      'p.yml:16: playbooks[0].matchers[0]: `a="b", c="d"` holds several matchers: write each as an entry of its own',
    ],
    [
      "'{{ $labels.service }}'",
      "'{{ .Labels.service }}'",
      'p.yml:17: playbooks[0].target.service: `{{ .Labels.service }}` is not a template: {{ .Labels.service }} is not known: write {{ $labels.<name> }}',
    ],
    [
      "'{{ $labels.service }}'",
      "'{{ $labels. }}'",
      'p.yml:17: playbooks[0].target.service: `{{ $labels. }}` is not a template: {{ $labels. }} is not known: write {{ $labels.<name> }}',
    ],
    [
      '[ { restart: {} }, { escalate: {} } ]',
      '[ { escalate: {} }, { restart: {} } ]',
      'p.yml:18: playbooks[0].steps[1]: `{"restart":{}}` comes after escalate and is never reached: write escalate as the last step',
    ],
    [
      '[ { restart: {} }, { escalate: {} } ]',
      '[ { escalate: {} } ]',
      'p.yml:18: playbooks[0].steps: `[{"escalate":{}}]` has no step that acts: write restart: {} before escalate: {}',
    ],
    [
      '  - name: one\n',
      '  - name: one\n    matchers: [ \'a="b"\' ]\n    target: { service: api }\n    steps: [ { restart: {} } ]\n  - name: one\n',
      'p.yml:19: playbooks[1].name: `one` is the name of a playbook above: write another name',
    ],
  ]));
