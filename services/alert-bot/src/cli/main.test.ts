import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { cli, start, tooWide } from './harness.ts';
import { COMMAND_NAMES } from './run.ts';

const ASKING = [
  'status',
  'incidents',
  'targets',
  'playbooks',
  'acknowledge',
  'note',
  'audit',
  'approve',
  'reject',
  'simulate',
];

test.concurrent('without a command it lists them and ends with 2', async () => {
  const { code, err } = await cli([]);
  expect(code).toBe(2);
  for (const name of ['serve', 'check', 'send', 'pause', 'resume', 'reset', 'token', ...ASKING])
    expect(err).toContain(`  ${name} `);
});

test.concurrent('--help lists the commands', async () => {
  expect(await cli(['--help'])).toMatchObject({ code: 0, err: '' });
});

// Each row: a slip on the command line, and the sentence about it.
test.concurrent.for([
  [['chek'], 'There is no command chek: did you mean check?'],
  [['frobnicate'], 'There is no command frobnicate: write one of serve, check'],
  [['pause', '--fro', '5m'], 'pause has no option --fro: did you mean --for?'],
  [['pause', '--for'], 'argument missing: see alert-bot pause --help'],
  [['pause', '--for', '5'], '--for is "5", which is no duration: write one such as 5m'],
  [['reset'], 'reset needs <target>: see alert-bot reset --help'],
  [['resume', 'now'], 'resume does not know what to do with "now"'],
  [['backup'], 'backup needs <file>: see alert-bot backup --help'],
  [['backup', 'copy'], "No data folder: set ALERT_BOT_DATA_DIR to the bot's data folder, or give --data-dir"],
  [['restore'], 'restore needs <file>: see alert-bot restore --help'],
  [['restore', 'a', 'b'], 'restore does not know what to do with "b"'],
  [['serve', '--port', '1'], 'serve takes no options, and --port is one: leave it out'],
  [['token', 'root'], 'There is no token "root": write alert-bot token webhook or alert-bot token admin'],
  [['send'], 'send needs the name of an alert: write --alertname HighErrorRate'],
  [['send', '--alertname', 'A', '--label', 'service'], '--label "service" is no label: write name=value'],
  [['send', '--alertname', 'A', '--label', 'alertname=B'], 'The label alertname is given twice'],
  [
    ['send', '--alertname', 'A', '--status', 'fire'],
    '--status is "fire", which is none: write firing or resolved',
  ],
  [['send', '--alertname', 'A', '--wait', 'long'], '--wait is "long", which is no duration'],
] as const)('%j is told in a sentence and ends with 2', async ([args, says]) => {
  const { code, out, err } = await cli(args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(says);
  expect(err).not.toMatch(/^ +at /m);
});

test.concurrent('serve names everything that is wrong with its variables and ends with 2', async () => {
  const { code, err } = await cli(['serve'], { ALERT_BOT_PLATFORM: 'supervisor', ALERT_BOT_LISTEN: '5000' });
  expect(code).toBe(2);
  expect(
    err
      .trim()
      .split('\n')
      .map((line) => line.split(' ').slice(0, 4).join(' ')),
  ).toEqual([
    'alert-bot: ALERT_BOT_DATA_DIR is not',
    'alert-bot: ALERT_BOT_PLAYBOOKS is not',
    'alert-bot: ALERT_BOT_ALERTMANAGER_URLS is not',
    'alert-bot: ALERT_BOT_PROMETHEUS_URL is not',
    'alert-bot: ALERT_BOT_LISTEN is "5000",',
    'alert-bot: ALERT_BOT_SUPERVISOR_SOCKET is not',
  ]);
});

test.concurrent('serve with a bad playbook file prints its errors and ends with 2', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'serve-'));
  const playbooks = join(dir, 'p.yml');
  writeFileSync(playbooks, 'defaults: { cooldown: 10 }\nplaybooks: []\n');
  const { code, err } = await cli(['serve'], {
    ALERT_BOT_PLATFORM: 'supervisor',
    ALERT_BOT_SUPERVISOR_SOCKET: join(dir, 's'),
    ALERT_BOT_DATA_DIR: join(dir, 'data'),
    ALERT_BOT_PLAYBOOKS: playbooks,
    ALERT_BOT_ALERTMANAGER_URLS: 'http://127.0.0.1:1',
    ALERT_BOT_PROMETHEUS_URL: 'http://127.0.0.1:1',
    ALERT_BOT_LISTEN: '127.0.0.1:0',
  });
  rmSync(dir, { recursive: true });
  expect(code).toBe(2);
  expect(err.trim().split('\n')).toEqual([
    `alert-bot: ${playbooks}:1: defaults.cooldown: \`10\` has no unit: write 10s, 10m or 10h`,
    `alert-bot: ${playbooks}:2: playbooks: \`[]\` is an empty list: write a list of playbooks, each beginning with - name:`,
  ]);
});

/** One runs until it is stopped, the other prints one word. */
const WITHOUT_JSON = ['serve', 'token'];

test.concurrent.for(COMMAND_NAMES)(
  '%s --help says how it is used, with an example, the exit codes and --json',
  async (name) => {
    const { code, out } = await cli([name, '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^Usage: alert-bot ${name}`));
    expect(out).toMatch(new RegExp(`^Example:(?: |\\n {2})alert-bot ${name}( |$)`, 'm'));
    expect(out).toMatch(/^Exit code: 0 /m);
    const json = !WITHOUT_JSON.includes(name);
    expect([out.includes('[--json]'), /^ {2}--json +\S/m.test(out)]).toEqual([json, json]);
    expect(tooWide(out)).toEqual([]);
  },
);

test.concurrent('an older Node is turned away before anything is loaded', async () => {
  const older = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'22.18.0'}})`;
  const { code, err } = await cli(['--help'], {}, ['--import', older]);
  expect(code).toBe(1);
  expect(err).toBe(
    'alert-bot: Node 24 or newer is needed, and this is 22.18.0: run it with npm exec -- alert-bot, which brings its own.\n',
  );
});

const STOP = fileURLToPath(new URL('./stop.ts', import.meta.url));
/** A process that runs until it is told to stop, with the given end. */
const stoppable = (whenStopped: string) =>
  start([
    '--input-type=module',
    '-e',
    `import { untilStopped } from ${JSON.stringify(STOP)};
     const alive = setInterval(() => {}, 1000);
     process.exitCode = await untilStopped((signal) => new Promise((resolve) => {
       signal.addEventListener('abort', () => { ${whenStopped} });
       process.stdout.write('up');
     }));`,
  ]);
const said = (stream: NodeJS.ReadableStream) => new Promise((resolve) => stream.once('data', resolve));

test.concurrent('SIGTERM stops it cleanly', async () => {
  const { child, end } = stoppable('clearInterval(alive); resolve()');
  await said(child.stdout);
  child.kill('SIGTERM');
  expect(await end).toMatchObject({ code: 0, err: expect.stringContaining('SIGTERM, stopping') });
});

test.concurrent('a second signal ends it at once', async () => {
  const { child, end } = stoppable('/* never */');
  await said(child.stdout);
  child.kill('SIGINT');
  await said(child.stderr);
  child.kill('SIGINT');
  expect((await end).code).toBe(130);
});

test.concurrent('what keeps running after the end is ended', async () => {
  const { child, end } = stoppable('resolve()');
  await said(child.stdout);
  child.kill('SIGTERM');
  const { code, err } = await end;
  expect(code).toBe(0);
  expect(err).toContain('something still ran after the end');
});

test('nothing is imported before the version check', () => {
  const main = readFileSync(fileURLToPath(new URL('./main.ts', import.meta.url)), 'utf8');
  expect(main).not.toMatch(/^\s*import[ {]/m);
});
