// The command against the bot over HTTP, on a real log; nothing decides in it, so that what the log says stays.
import { expect, test } from 'vitest';
import { get } from '../http/harness.ts';
import { heal } from '../report/night.fixture.ts';
import { addPause } from '../store/controls.ts';
import { startBot } from '../testing/bot.ts';
import { anIncident } from '../testing/log.ts';
import { atTerminal, standIn, tooWide } from './harness.ts';
import { playbooks } from './playbooks.ts';

const serving = () => atTerminal(startBot('/nowhere/s.sock', { idle: true }));

test('one that has matched nothing says what it is for', async () => {
  await using terminal = await serving();
  expect(await terminal.run(playbooks)).toBe(
    [
      'errors',
      '  mode        act',
      '  matches     alertname="HighErrorRate"',
      '  acts on     {{ $labels.service }}',
      '  does        restart, up to 3 times; then tell a person',
      '  matched     nothing yet',
    ].join('\n'),
  );
});

test('one that waits and is paused says so, and that nothing of it is known yet', async () => {
  await using terminal = await serving();
  const { db, now } = terminal.bot.deps;
  anIncident(db, { playbook: 'errors' }, now());
  addPause(db, { by: 'ada', why: 'a deploy' }, null, now(), 'playbook:errors');
  const text = await terminal.run(playbooks);
  expect(text).toContain('  paused      by ada (a deploy) until somebody resumes\n');
  expect(text).toMatch(/^ {2}matched {5}1 incident since \S+Z: 1 open$/m);
  expect(text).toMatch(/^ {2}success {5}not known: none that was acted on is over$/m);
  expect(text).not.toContain('  heals');
});

const RECORD = {
  ...{ counted: 9, since: '2026-01-31T12:00:00.000Z', last: 9, open: 1, healed: 3, recovered: 1 },
  ...{ handedOver: 3, dismissed: 1, relapsed: 1, successRate: 1 / 3, medianTimeToHealMs: 41_499 },
};
const NEWER = {
  playbooks: [
    {
      ...{ name: 'first\u001b[2J', mode: 'approve', matchers: ['a="1"', 'b=~"x|y"'], service: 'api' },
      ...{ steps: [{ kind: 'restart', attempts: 1 }], shadowedBy: [], warnings: [], paused: null },
      record: RECORD,
    },
    {
      ...{ name: 'second', mode: 'act', matchers: ['a="1"'], service: 'api', steps: [{ kind: 'escalate' }] },
      shadowedBy: ['zero', 'first'],
      warnings: ['playbooks.1.prove: it is shorter\nthan the rule', 'playbooks.1.limits: none'],
      ...{
        paused: null,
        record: { ...RECORD, since: null, counted: 0, successRate: null, medianTimeToHealMs: null },
      },
    },
  ],
  limits: {},
  warnings: ['limits.storm: it is never reached'],
};

test('how each fared, what stands before it and what is doubtful is told, harmless, in 80 columns', async () => {
  await using bot = await standIn(() => Response.json(NEWER));
  await using terminal = await serving();
  const text = await terminal.run(playbooks, '--url', bot.url);
  expect(text).toBe(
    [
      'first\\u{1b}[2J',
      '  mode        approve',
      '  matches     a="1", b=~"x|y"',
      '  acts on     api',
      '  does        restart once',
      '  matched     9 incidents since 2026-01-31T12:00:00.000Z: 3 healed (of which 1',
      '              relapsed), 1 open, 1 recovered without it, 3 handed to a person, 1',
      '              dismissed',
      '  success     33 % of the incidents it acted on stayed well',
      '  heals       half of them within 41s',
      'second',
      '  mode        act',
      '  matches     a="1"',
      '  acts on     api',
      '  does        tell a person',
      '  matched     nothing yet',
      '  shadowed    never reached: zero, first before it match all that it matches',
      '  warning     playbooks.1.prove: it is shorter\\u{a}than the rule',
      '  warning     playbooks.1.limits: none',
      'warning       limits.storm: it is never reached',
    ].join('\n'),
  );
  expect(tooWide(text)).toEqual([]);
});

test('what the log has of a playbook is counted', async () => {
  await using terminal = await serving();
  const { db, now } = terminal.bot.deps;
  heal(db, 'supervisor:api', now() - 7_200_000, 12_000);
  db.prepare("UPDATE incidents SET playbook = 'errors'").run();
  const text = await terminal.run(playbooks);
  expect(text).toMatch(/^ {2}matched {5}1 incident since \S+Z: 1 healed$/m);
  expect(text).toContain(
    '  success     100 % of the incidents it acted on stayed well\n  heals       half of them within 12s',
  );
});

test('--json is what the API answers', async () => {
  await using terminal = await serving();
  const printed: unknown = JSON.parse(await terminal.run(playbooks, '--json'));
  expect(printed).toEqual((await get(terminal.bot, '/playbooks')).json);
});

test('slips are told in a sentence', async () => {
  await using terminal = await serving();
  await expect(terminal.run(playbooks, 'errors')).rejects.toThrow(
    'playbooks does not know what to do with "errors"',
  );
});
