// The example of every command's --help, read by a shell and run as it stands, against a bot with a real supervisor; in
// its log is what the example speaks of. Paths that a reader has on their own machine stand for ones of the test.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bootSupervisor, staying } from '../../../supervisor/src/harness.ts';
import { escalate } from '../decision/conclude.ts';
import { fire, order, rage } from '../http/harness.ts';
import { write } from '../store/db.ts';
import { insertDelivery } from '../store/deliveries.ts';
import { changeStatus } from '../store/incidents.ts';
import { keepObservations, noteObservation } from '../store/observations.ts';
import { startBot, type TestBot } from '../testing/bot.ts';
import { aDelivery, anIncident, temporaryFolder } from '../testing/log.ts';
import { backup } from './backup.ts';
import { atTerminal, ROOT, surroundings } from './harness.ts';
import { COMMAND_NAMES, commandOf } from './run.ts';

let supervisor: Awaited<ReturnType<typeof bootSupervisor>>;
beforeAll(async () => {
  supervisor = await bootSupervisor(`
processes:
  api: { command: ${staying()}, labels: { alert-bot.enable: 'true', alert-bot.mode: approve } }
`);
});
afterAll(() => supervisor[Symbol.asyncDispose]());

const ADA = { by: 'ada', why: 'a deploy' };
const DAY = 86_400_000;

/** So many incidents of yesterday, all of them over, so that the next one has the number that an example names. */
function past({ deps: { db, now } }: TestBot, count: number): void {
  for (let i = 0; i < count; i++) {
    const one = anIncident(db, { target: `supervisor:past-${i}` }, now() - DAY);
    changeStatus(db, one, 'closed', { outcome: 'dismissed' }, now() - DAY);
  }
}

/** Incident 12 is with a person, who was told. */
function handedOver(bot: TestBot): void {
  const { db, now } = bot.deps;
  past(bot, 11);
  escalate(db, anIncident(db, {}, now()), 'quarantined', now());
}

/** Incident 12 asks question 3. */
async function asking(bot: TestBot): Promise<void> {
  past(bot, 11);
  const ask = bot.deps.db.prepare(
    `INSERT INTO approvals (incident_id, step, instances, asked_at, expires_at, ended_at, answer)
     VALUES (?, 0, '[]', 0, 0, 0, 'expired')`,
  );
  for (const incident of [1, 2]) ask.run(incident);
  await fire(bot, 'api');
}

/** A delivery, and what the bot saw a minute after it: a replay needs a span of time. */
const recorded = ({ deps: { db, now } }: TestBot): Promise<void> =>
  write(db, () => {
    insertDelivery(db, aDelivery('d', { receivedAt: now() - 60_000 }));
    noteObservation(db, { kind: 'fleet', subject: '', at: now(), since: null, value: '{"size":0}' });
    keepObservations(db);
  });

interface Scene {
  /** What it prints has to say this. */
  says: RegExp;
  /** With an engine, where something has to be decided. */
  decides?: boolean;
  /** What was there before. */
  before?(bot: TestBot, folder: string): unknown;
  /** The data folder, where it is not the bot's. */
  data?: string;
}

const SCENES: Readonly<Record<string, Scene>> = {
  check: { says: /playbooks\.yml: good$/ },
  send: { decides: true, says: /^decision {2}defer \(approval_required\)/m },
  pause: { says: /^Paused service api for 5m, by .*: deploy of 1\.4\./ },
  resume: {
    before: (bot) => order(bot, '/pause', { ...ADA, scope: 'service:api' }),
    says: /^Resumed service api, by /,
  },
  release: { before: rage, says: /^Released the storm, incident \d+/ },
  reset: { says: /^Reset supervisor:api, by .*: fixed the config\.$/ },
  backup: { says: /: 0 incidents/ },
  // Into a data folder that no bot uses.
  restore: {
    before: (bot, folder) =>
      backup.run([join(folder, 'incidents.db')], surroundings({ ALERT_BOT_DATA_DIR: bot.folder })),
    data: 'data',
    says: /0 incidents/,
  },
  status: { says: /^Nothing is open\. / },
  incidents: { before: handedOver, says: /^id .*\n12 {4}escalated {9}quarantined .*$/ },
  acknowledge: { before: handedOver, says: /^Acknowledged incident 12 .*: I am on it\.$/m },
  note: { before: handedOver, says: /^Noted in the timeline of incident 12, by / },
  targets: { says: /^supervisor:api$/m },
  playbooks: { says: /^errors$/m },
  approve: { decides: true, before: asking, says: /^Approved question 3, by .*: restart supervisor:api\.$/m },
  reject: { decides: true, before: asking, says: /^Rejected question 3, by .*: it migrates its data\. / },
  simulate: { says: /^target {6}supervisor:api$/m },
  report: { says: /A quiet time/ },
  replay: { before: recorded, says: /^read {8}1 deliveries, 1 observations, /m },
  audit: { before: (bot) => order(bot, '/pause', ADA), says: /ada \(api\): pause all$/m },
  token: { says: /^\S{20,}$/ },
};

/** What runs until it is stopped, and what looks at a whole stack: by which test they are run. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  serve: 'services/alert-bot/src/cli/reload.test.ts',
  doctor: 'services/alert-bot/src/cli/doctor.test.ts',
};

/** The words of a line, as a shell hands them over. */
const words = (line: string): string[] =>
  execFileSync('sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);

/** Of which command line the help has an example, without the name of the program. */
const exampleOf = async (name: string): Promise<string> =>
  /^Example:(?: |\n {2})alert-bot (.*)$/m.exec((await commandOf(name)).help)?.[1] ?? '';

test.each(Object.keys(SCENES))('the example of %s does what it is for', async (name) => {
  using folder = temporaryFolder();
  const { says, before, decides = false, data } = SCENES[name] ?? { says: /^never$/ };
  await using terminal = await atTerminal(startBot(supervisor.socket, { idle: !decides }));
  await before?.(terminal.bot, folder.path);
  const [first, ...args] = words(await exampleOf(name));
  expect(first).toBe(name);
  const here = args.map((word) =>
    word
      .replace(/^\/backups(?=\/)/, folder.path)
      .replace(/^(new\.yml|deploy\/.*|alert_rules\.yml)$/, (file) =>
        join(ROOT, file === 'new.yml' ? 'deploy/playbooks.yml' : file),
      ),
  );
  const env = data === undefined ? terminal.env : { ALERT_BOT_DATA_DIR: join(folder.path, data) };
  const lines: string[] = [];
  const around = surroundings(env, (line) => lines.push(line));
  expect(await (await commandOf(name)).run(here, around)).toBe(0);
  expect(lines.join('\n')).toMatch(says);
});

test('each command has its example run here, or its line as a whole elsewhere', async () => {
  expect([...Object.keys(SCENES), ...Object.keys(ELSEWHERE)].toSorted()).toEqual(COMMAND_NAMES.toSorted());
  for (const [name, file] of Object.entries(ELSEWHERE)) {
    // It has no options that could be wrong.
    expect(await exampleOf(name)).toBe(name);
    expect(readFileSync(join(ROOT, file), 'utf8')).toContain(`'${name}'`);
  }
});

/** What is not run here, and why. */
const NOT_HERE: Readonly<Record<string, string>> = {
  doctor: 'looks at a whole stack: doctor.test.ts',
  'incidents follow': 'never ends: tests/bare/readme.test.ts',
};

/** What each command line of the documentation prints, by the line without the name of the program. */
const DOCUMENTED: Readonly<Record<string, RegExp>> = {
  'token webhook': /^\S{43}$/,
  'token admin': /^\S{43}$/,
  'send --alertname HighErrorRate --label service=api --wait 10s':
    /^accepted {2}1\nrejected {2}0\ndecision {2}defer \(approval_required\)/m,
  status: /^Nothing is open\. /,
  incidents: /^id .*\n12 {4}escalated {9}quarantined .*$/m,
  'incidents --status escalated': /^id .*\n12 {4}escalated {9}quarantined .*$/,
  'incidents show 1': /^status {6}escalated \(quarantined\)[\s\S]*^Timeline$/m,
  'incidents show 12': /^status {6}escalated \(quarantined\)[\s\S]*^Timeline$/m,
  'report --since 12h': /^alert-bot, .* \(UTC\)\nA quiet time/,
  'report --from 2026-11-28T21:00:00Z --to 2026-11-29T07:00:00Z --json':
    /^\{\n {2}"from": "2026-11-28T21:00:00\.000Z",\n {2}"to": "2026-11-29T07:00:00\.000Z",/,
  'pause --for 10m --why "looking at it"': /^Paused for 10m, by .*: looking at it\.\nUndo: alert-bot resume$/,
  'pause --for 10m --why "trying the webhook"':
    /^Paused for 10m, by .*: trying the webhook\.\nUndo: alert-bot resume$/,
  resume: /^Resumed, by .*\.$/,
  'reset supervisor:api --why "fixed the config"': /^Reset supervisor:api, by .*: fixed the config\.$/,
  targets: /^supervisor:api\n {2}may .* mode approve\n {2}runs /,
  'acknowledge 1 --why "I am on it"': /^Acknowledged incident 12 .*: I am on it\.\nIts page ends\. /,
  'acknowledge 12 --why "I am on it"': /^Acknowledged incident 12 .*: I am on it\.\nIts page ends\. /,
  'note 1 "the disk was full"': /^Noted in the timeline of incident 12, by /,
  'note 12 "the disk was full"': /^Noted in the timeline of incident 12, by /,
  'audit --limit 20': /ada \(api\): pause all\n +a deploy$/,
  playbooks: /^errors\n {2}mode {8}\w+\n {2}matches {5}alertname="HighErrorRate"$/m,
  'simulate --alertname HighErrorRate --label service=api':
    /^target {6}supervisor:api\ndecision {4}defer approval_required until /m,
  'simulate --alertname HighErrorRate --label service=api --label severity=critical':
    /^alert .* severity="critical"\n(?:.*\n)*decision {4}defer approval_required until /m,
  // The bot of this test has no playbook for it.
  'simulate --alertname ServiceDown --label service=api': /^decision {4}skip no_playbook\n/m,
  'check --playbooks deploy/playbooks.yml --rules alert_rules.yml':
    /^restart-on-errors \(act\): [\s\S]*playbooks\.yml: good$/,
  'check --playbooks deploy/playbooks.yml --rules alert_rules.yml --services docker-compose.yml':
    /^restart-on-errors \(act\): [\s\S]*playbooks\.yml: good$/,
  'replay --playbooks deploy/playbooks.yml --since 7d': /^read {8}1 deliveries, 1 observations, /m,
  'replay --playbooks new.yml --since 7d': /^read {8}1 deliveries, 1 observations, /m,
  'approve 12 --question 3 --why "looked at the logs"':
    /^Approved question 3, by .*: restart supervisor:api\.$/m,
  'reject 12 --question 3 --why "it migrates its data"':
    /^Rejected question 3, by .*: it migrates its data\. /,
  'backup /backups/alert-bot-2026-01-31.db': /alert-bot-2026-01-31\.db: 0 incidents, log version \d+/,
  'backup /var/lib/alert-bot/copy.db': /copy\.db: 0 incidents, log version \d+/,
};

/** Command lines of the documentation, as they stand in its fences. */
const documented = [
  ...new Set(
    ['README.md', ...readdirSync(join(ROOT, 'docs')).map((file) => `docs/${file}`)]
      .filter((file) => file.endsWith('.md'))
      .flatMap((file) => readFileSync(join(ROOT, file), 'utf8').match(/^ *```sh\n.*?^ *```/gms) ?? [])
      .flatMap((fence) => fence.split('\n'))
      .flatMap(
        (line) => /^ *(?:npm exec -- |docker compose exec alert-bot )?alert-bot (.*)$/.exec(line)?.[1] ?? [],
      )
      .map((line) => line.replace(/ +#.*$/, '').trim()),
  ),
];

test('each documented command line is run below, or named with a reason, and no line is of the past', () => {
  const known = [...Object.keys(DOCUMENTED), ...Object.keys(NOT_HERE)];
  expect(documented.toSorted()).toEqual(known.toSorted());
});

test.each(Object.entries(DOCUMENTED))('documented: alert-bot %s', async (line, says) => {
  using folder = temporaryFolder();
  const [name = '', ...args] = words(line);
  const { before, decides = false } = SCENES[name] ?? {};
  await using terminal = await atTerminal(startBot(supervisor.socket, { idle: !decides }));
  const { bot } = terminal;
  await before?.(bot, folder.path);
  const newest = bot.deps.db.prepare('SELECT max(id) FROM incidents').pluck().get();
  const here = args.map((word, i) =>
    word
      .replace(/^\/(backups|var\/lib\/alert-bot)(?=\/)/, folder.path)
      .replace(/^(new\.yml|deploy\/.*|alert_rules\.yml|docker-compose\.yml)$/, (file) =>
        join(ROOT, file === 'new.yml' ? 'deploy/playbooks.yml' : file),
      )
      // The number of an incident that there is, whichever the page has just spoken of.
      .replace(/^\d+$/, (number) => (args[i - 1]?.startsWith('--') ? number : String(newest))),
  );
  const lines: string[] = [];
  const around = surroundings(terminal.env, (said) => lines.push(said));
  expect(await (await commandOf(name)).run(here, around)).toBe(0);
  expect(lines.join('\n')).toMatch(says);
});
