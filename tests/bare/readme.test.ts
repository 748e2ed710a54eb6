// The commands of README.md as they stand, in its order and in one shell, against the stack of `npm start`. Ports, addresses
// and folders are others.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../packages/service/src/testing/free-port.ts';
import { partEnvironment } from '../../scripts/stack/environment.ts';
import { repository } from '../../scripts/stack/places.ts';
import { until } from '../../scripts/stack/until.ts';
import { descendants, stillRuns } from '../support/descendants.ts';
import { type Bot, botClient, closed, type Incident } from './support/bot.ts';
import { npmStart } from './support/npm-start.ts';
import { readmeCommands } from './support/readme.ts';
import { Shell } from './support/shell.ts';
import { type Prometheus, prometheusClient } from './support/signals.ts';

/** What is not run, and why. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'npm ci && npm run demo': 'installs anew; tests/bare/demo.test.ts runs the demo',
  'npm ci && npm test': 'installs anew, and would run itself',
  'npm start': 'runs around all others, and its output has a test',
};

/** Under this heading the same is done to another stack, which tests/docker starts: no command of it is run here. */
const DOCKER = 'Run it on Docker';
const ON_DOCKER = [
  'docker compose up --build --wait',
  'for i in $(seq 20); do curl -s -o /dev/null http://127.0.0.1:8000/error & done; wait',
  'docker compose logs -f alert-bot',
  'docker compose exec alert-bot alert-bot doctor',
  'docker compose exec alert-bot alert-bot token webhook',
  'docker compose exec alert-bot alert-bot token admin',
  'docker compose exec alert-bot alert-bot send --alertname HighErrorRate --label service=api --wait 10s',
  'docker compose exec api cat /run/api/faults-token',
  `docker compose exec payments faults '{"kind":"hang"}'`,
  'docker compose down -v',
  'COMPOSE_PROFILES=all docker compose up --build --wait',
  'docker compose exec grafana cat /run/grafana/admin-password',
];

interface Expected {
  /** What it prints has to say this. */
  says: RegExp;
  /** It goes on until Ctrl-C, which is pressed once it has said this. */
  until?: RegExp;
  /** With which code it ends, if not with 0. */
  code?: number;
  /** What else the page says that it does. */
  does?(): Promise<unknown>;
}

const CTRL_C = 130;
const NOTHING = /^\s*$/;

const folder = mkdtempSync(join(tmpdir(), 'shop-readme-'));
let started: Awaited<ReturnType<typeof npmStart>>;
let shell: Shell;
let bot: Bot;
let prometheus: Prometheus;
let places: [from: string, to: string][];
const address = (name: string): string =>
  new RegExp(`^${name} +(http://\\S+?)(?:/alerts)?$`, 'm').exec(started.output)?.[1] ?? '';

beforeAll(async () => {
  started = await npmStart(folder);
  const [api, payments, alertBot] = ['API', 'payments', 'alert bot'].map(address);
  places = [
    ['http://127.0.0.1:8000', api ?? ''],
    ['http://127.0.0.1:8010', payments ?? ''],
    ['http://127.0.0.1:5000', alertBot ?? ''],
    ['.run/start', folder],
  ];
  shell = new Shell(
    repository,
    partEnvironment({
      ALERT_BOT_URL: alertBot ?? '',
      TRAFFIC_URL: api ?? '',
      TRAFFIC_LISTEN: `127.0.0.1:${await freePort()}`,
    }),
  );
  bot = botClient(alertBot ?? '', join(folder, 'alert-bot/tokens/admin'));
  // Nobody opens a second terminal before Prometheus has looked once.
  prometheus = prometheusClient(address('Prometheus'));
  await until(async () => (await prometheus.value('up{job="api"}')) === 1, {
    what: 'Prometheus to look at the api',
  });
}, 150_000);
afterAll(async () => {
  await shell?.[Symbol.asyncDispose]();
  await started?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const all = async (): Promise<Incident[]> =>
  Promise.all((await bot.incidents()).map(({ id }) => bot.incident(id)));

/** The incidents of what was just done, once they are so. */
const incidents = (what: string, areSo: (since: Incident[]) => boolean) =>
  until(
    async () => {
      const since = await all();
      return since.length > 0 && areSo(since) && since;
    },
    { what, withinMs: 80_000, everyMs: 200 },
  );

/** Nothing fires and nothing is open, so that the next command is alone. */
async function quiet(): Promise<Incident[]> {
  const none = async () => (await prometheus.alerts()).length === 0;
  await until(none, { what: 'no alert', withinMs: 60_000, everyMs: 200 });
  const over = await incidents('every incident to be closed', (since) => since.every(closed));
  await bot.mark();
  return over;
}

const alertBot = (line: string): string => `npm exec -- alert-bot ${line}`;
const fault = (what: string, port = 8000): string =>
  `curl -s -H "$FAULTS" ${what} http://127.0.0.1:${port}/faults`;

const RUN: Readonly<Record<string, Expected>> = {
  'for i in $(seq 20); do curl -s -o /dev/null http://127.0.0.1:8000/error & done; wait': {
    says: NOTHING,
    does: async () => expect(await quiet()).toMatchObject([{ title: 'HighErrorRate', outcome: 'healed' }]),
  },
  'export ALERT_BOT_DATA_DIR=.run/start/alert-bot': { says: NOTHING },
  [alertBot('status')]: { says: /^All is well: nothing is open\.\n\nincidents +none/ },
  [alertBot('incidents')]: { says: /^id .*\n1 +closed +healed +supervisor:api / },
  [alertBot('incidents show 1')]: {
    says: /^status +closed, healed$[\s\S]*^Decisions$[\s\S]*^Attempts$[\s\S]*restart \w+: done[\s\S]*^Evidence [\s\S]*^Timeline$/m,
  },
  [alertBot('incidents follow')]: {
    until: /^Following what happens after event \d+/m,
    says: /./,
    code: CTRL_C,
  },
  [alertBot('report --since 12h')]: { says: /^alert-bot, .* \(UTC\)\n1 incident opened; 1 healed\. / },
  'curl -s -H "Authorization: Bearer $(cat .run/start/alert-bot/tokens/admin)" http://127.0.0.1:5000/api/v1/incidents/1':
    { says: /^\{"id":1,.*"decisions":\[\{.*"attempts":\[\{.*"before":.*"after":/ },

  'FAULTS="Authorization: Bearer $(cat .run/start/faults-token)"': { says: NOTHING },
  [fault(`-d '{"kind":"errors","rate":1}'`)]: {
    says: /^\{"faults":\[\{"kind":"errors","rate":1,"sticky":false\}\]\}/,
  },
  [fault(`-d '{"kind":"errors","rate":1,"sticky":true}'`)]: {
    says: /^\{"faults":\[\{"kind":"errors","rate":1,"sticky":true\}\]\}/,
  },
  [fault(`-d '{"kind":"crash"}'`)]: {
    says: /"crashing":true\}/,
    does: async () => {
      await incidents('the bot to start it again', ([one]) => one?.attempts.length === 1);
      expect(await quiet()).toMatchObject([{ title: 'ServiceDown', outcome: 'healed' }]);
    },
  },
  [fault('-X DELETE')]: { says: /^\{"faults":\[\]\}/ },

  'npm run traffic -- --for 30s': { until: /"msg":"begun"/, says: /"msg":"summary"/, code: CTRL_C },
  // Long enough to be answered: it says so every 10 s.
  'npm run traffic -- --rate 20 --burst 5x10s/1m': {
    until: /"msg":"progress"/,
    says: /"count":[1-9]\d*,"ok":[1-9]\d*,.*"msg":"summary"/,
    code: CTRL_C,
  },

  'while sleep 0.1; do curl -s -o /dev/null -X POST http://127.0.0.1:8000/transactions/create; done &': {
    says: NOTHING,
  },
  [fault(`-d '{"kind":"hang"}'`, 8010)]: {
    says: /^\{"faults":\[\{"kind":"hang"/,
    does: async () => {
      const acted = (since: Incident[]) => since.filter(({ attempts }) => attempts.length > 0);
      await incidents('payments to be restarted', (since) => acted(since).length > 0);
      const since = await quiet();
      expect(acted(since)).toMatchObject([{ target: 'supervisor:payments', outcome: 'healed' }]);
      // How the loop before it ends.
      expect(await shell.run('kill %% && wait')).toMatchObject({ code: 0 });
    },
  },

  'TOKEN=$(cat .run/start/alert-bot/tokens/webhook)': { says: NOTHING },
  [`curl -s -H "Authorization: Bearer $TOKEN" 'http://127.0.0.1:5000/webhook?wait=10s' \\
  -d '{"status":"firing","labels":{"alertname":"HighErrorRate","service":"api"}}'`]: {
    says: /^\{"delivery":"[^"]+","accepted":1,"rejected":\[\],"decisions":\[\{.*"decision":"(?:act|defer)"/,
    does: () => incidents('the api to be restarted', ([one]) => one?.attempts.length === 1),
  },
  [alertBot('send --alertname HighErrorRate --label service=api --wait 10s')]: {
    says: /^accepted {2}1\nrejected {2}0\ndecision {2}/m,
  },
  [alertBot('pause --for 10m --why "looking at it"')]: {
    says: /^Paused for 10m, by .*: looking at it\.\nUndo: alert-bot resume$/m,
  },
  [alertBot('resume')]: { says: /^Resumed, by / },
  [alertBot('reset supervisor:api --why "fixed the config"')]: {
    says: /^Reset supervisor:api, by .*: fixed the config\.$/m,
  },
  [alertBot('targets')]: {
    says: /^supervisor:payments\n {2}may +be acted on\n[\s\S]*^supervisor:api\n {2}may +be acted on\n/m,
  },
  [alertBot('acknowledge 1 --why "I am on it"')]: { says: /nobody was told of it/, code: 1 },
  [alertBot('note 1 "the disk was full"')]: { says: /^Noted in the timeline of incident 1, by / },
  // What people did above, newest first, and why.
  [alertBot('audit --limit 20')]: {
    says: /note incident 1,.*\n +the disk was full\n.*reset supervisor:api\n +fixed the config\n.*resume all\n.*\n.*pause all for 10m\n +looking at it/,
  },
  [alertBot('playbooks')]: {
    says: /^restart-on-errors\n {2}mode {8}act\n[\s\S]* {2}matched {5}\d incidents? since /,
  },
  [alertBot('simulate --alertname HighErrorRate --label service=api')]: {
    says: /^target {6}supervisor:api$/m,
  },
  [alertBot('check --playbooks deploy/playbooks.yml --rules alert_rules.yml')]: {
    says: /^deploy\/playbooks\.yml: good$/m,
  },
  [alertBot('replay --playbooks deploy/playbooks.yml --since 7d')]: {
    says: /^read +\d+ deliveries, \d+ observations, /m,
  },
  [alertBot('token webhook')]: { says: /^\S{43}$/m },
};

const commands = readmeCommands();
const here = commands.filter(
  ({ heading, command }) => heading !== DOCKER && ELSEWHERE[command] === undefined,
);

test('each command of the README is run here, or is named with a reason', () => {
  const docker = commands.filter(({ heading }) => heading === DOCKER).map(({ command }) => command);
  expect(docker).toEqual(ON_DOCKER);
  expect(new Set(here.map(({ command }) => command))).toEqual(new Set(Object.keys(RUN)));
});

describe('in the order of the README', { timeout: 120_000, concurrent: false }, () => {
  test('npm start prints the addresses and where the tokens are', () => {
    for (const [, to] of places) expect(started.output).toContain(to);
    for (const token of ['alert-bot/tokens/webhook', 'alert-bot/tokens/admin', 'faults-token'])
      expect(started.output).toContain(`$(cat ${join(folder, token)})`);
  });

  test.each(here)('$command', async ({ command }) => {
    const expected = RUN[command];
    if (expected === undefined) throw new Error('it is not known what this is to print');
    const asHere = places.reduce((text, [from, to]) => text.replaceAll(from, to), command);
    const { output, code } = await (expected.until === undefined
      ? shell.run(asHere)
      : shell.runUntil(asHere, expected.until));
    expect(output).toMatch(expected.says);
    expect(code).toBe(expected.code ?? 0);
    await expected.does?.();
  });

  test('Ctrl-C ends all that npm start began', async () => {
    const parts = descendants(started.pid ?? 0);
    expect(parts.length).toBeGreaterThan(7);
    expect(await started.stop()).toContain('Ending everything (SIGINT).');
    expect(parts.filter(stillRuns)).toEqual([]);
  });
});
