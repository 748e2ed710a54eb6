import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readTokens } from '../config/tokens.ts';
import { cli, standIn } from './harness.ts';

let dataDir: string;
const tokenOf = (kind: string) => readFileSync(join(dataDir, 'tokens', kind), 'utf8').trim();
beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'cli-'));
  readTokens(dataDir);
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

const RECEIPT = { delivery: 'd-1', accepted: 1, rejected: [] };

test.concurrent('send posts the short form with the webhook token and prints the receipt', async () => {
  await using bot = await standIn(() => Response.json(RECEIPT, { status: 202 }));
  const ended = await cli(
    [
      'send',
      '--alertname',
      'HighErrorRate',
      '--label',
      'service=api',
      '--label',
      'note=a=b',
      '--url',
      `${bot.url}/`,
    ],
    { ALERT_BOT_DATA_DIR: dataDir },
  );
  expect(ended).toEqual({ code: 0, out: 'delivery  d-1\naccepted  1\nrejected  0\n', err: '' });
  expect(bot.seen).toEqual([
    {
      path: '/webhook',
      authorization: `Bearer ${tokenOf('webhook')}`,
      body: { status: 'firing', labels: { alertname: 'HighErrorRate', service: 'api', note: 'a=b' } },
    },
  ]);
});

test.concurrent('send --wait prints each decision with its explanation, or that there is none yet', async () => {
  const decided = {
    index: 0,
    outcome: 'new',
    fingerprint: 'f',
    incident: 7,
    target: 'supervisor:api',
    decision: 'defer',
    reason: 'cooldown',
    explanation: 'The last incident of this target ended too recently.',
  };
  const decisions = [decided, { outcome: 'new', incident: 8, target: null, decision: null }];
  await using bot = await standIn(() => Response.json({ ...RECEIPT, decisions }, { status: 202 }));
  const { code, out } = await cli(['send', '--alertname', 'A', '--status', 'resolved', '--wait', '2s'], {
    ALERT_BOT_DATA_DIR: dataDir,
    ALERT_BOT_URL: bot.url,
  });
  expect(code).toBe(0);
  expect(out).toContain(
    'decision  defer (cooldown), alert new, target supervisor:api, incident 7. The\n' +
      '          last incident of this target ended too recently.\n' +
      'decision  none within 2s, alert new, incident 8\n',
  );
  expect(bot.seen[0]).toMatchObject({ path: '/webhook?wait=2s', body: { status: 'resolved' } });
});

test.concurrent('send fails where the bot rejected the alert, and says which field', async () => {
  const rejected = [{ index: 0, field: 'labels.x', message: 'labels.x: a label value is a string' }];
  await using bot = await standIn(() =>
    Response.json({ ...RECEIPT, accepted: 0, rejected }, { status: 202 }),
  );
  const { code, out } = await cli(['send', '--alertname', 'A', '--url', bot.url], {
    ALERT_BOT_DATA_DIR: dataDir,
  });
  expect(code).toBe(1);
  expect(out).toContain('rejected  1\n          labels.x: a label value is a string\n');
});

test.concurrent('send --json prints the answer as it is, harmless to a terminal, with the same exit code', async () => {
  const message = 'labels.x: \u001b[31m is no label';
  const rejected = [{ index: 0, field: 'labels.x', message }];
  const answer = { ...RECEIPT, accepted: 0, rejected, more: { of: 'a newer bot' } };
  await using bot = await standIn(() => Response.json(answer, { status: 202 }));
  const { code, out, err } = await cli(['send', '--alertname', 'A', '--json', '--url', bot.url], {
    ALERT_BOT_DATA_DIR: dataDir,
  });
  expect({ code, err }).toEqual({ code: 1, err: '' });
  expect(JSON.parse(out)).toEqual(answer);
  expect(out).not.toContain('\u001b');
});

test.concurrent('what a bot answers cannot command the terminal', async () => {
  const message = 'no\u001b[31m\n\u202ealert-bot: done';
  await using bot = await standIn((path) =>
    path === '/webhook'
      ? Response.json({ delivery: 'd', accepted: 0, rejected: [{ field: 'labels', message }] })
      : Response.json({ code: 'conflict', detail: message }, { status: 409 }),
  );
  const around = { ALERT_BOT_DATA_DIR: dataDir, ALERT_BOT_URL: bot.url };
  const harmless = 'no\\u{1b}[31m\\u{a}\\u{202e}alert-bot: done\n';
  expect((await cli(['send', '--alertname', 'A'], around)).out).toContain(`          labels: ${harmless}`);
  expect((await cli(['release'], around)).err).toBe(`alert-bot: The bot refused (conflict): ${harmless}`);
});

test.concurrent('resume says where nothing was paused', async () => {
  await using bot = await standIn(() => Response.json({ paused: false, ended: 0 }));
  const around = { ALERT_BOT_DATA_DIR: dataDir, ALERT_BOT_URL: bot.url };
  expect(await cli(['resume'], around)).toMatchObject({ code: 0, out: 'Nothing was paused.\n' });
});

test.concurrent('pause, resume and reset carry who and why with the admin token', async () => {
  await using bot = await standIn(() => Response.json({ ok: true }));
  // The bot listens on every network; this machine is one of them.
  const env = { ALERT_BOT_DATA_DIR: dataDir, ALERT_BOT_LISTEN: `0.0.0.0:${bot.port}` };
  const paused = await cli(['pause', '--for', '5m', '--why', 'deploy', '--by', 'ada'], env);
  expect(paused.out).toBe('Paused for 5m, by ada: deploy.\nUndo: alert-bot resume\n');
  expect((await cli(['resume', '--why', ' '], env)).out).toBe(
    `Resumed, by ${userInfo().username}: no reason given.\n`,
  );
  const done = await cli(['reset', 'docker:service:shop/api', '--why', 'mended'], env);
  expect(done).toMatchObject({ code: 0, err: '' });
  const by = userInfo().username;
  const authorization = `Bearer ${tokenOf('admin')}`;
  expect(bot.seen).toEqual([
    { path: '/api/v1/pause', authorization, body: { by: 'ada', why: 'deploy', for: '5m' } },
    { path: '/api/v1/resume', authorization, body: { by, why: 'no reason given' } },
    {
      path: '/api/v1/targets/docker%3Aservice%3Ashop%2Fapi/reset',
      authorization,
      body: { by, why: 'mended' },
    },
  ]);
});

test.concurrent.for([
  ['--service', 'api', 'service'],
  ['--target', 'docker:service:shop/api', 'target'],
  ['--playbook', 'restart-on-errors', 'playbook'],
] as const)('G13: pause and resume %s %s name it, and how it is undone', async ([option, name, kind]) => {
  await using bot = await standIn(() => Response.json({ ok: true }));
  const around = { ALERT_BOT_DATA_DIR: dataDir, ALERT_BOT_URL: bot.url };
  const { out } = await cli(['pause', option, name, '--for', '5m', '--why', 'deploy', '--by', 'ada'], around);
  expect(out).toBe(
    `Paused ${kind} ${name} for 5m, by ada: deploy.\nUndo: alert-bot resume ${option} ${name}\n`,
  );
  expect((await cli(['resume', option, name, '--by', 'ada'], around)).out).toContain(
    `Resumed ${kind} ${name}, by`,
  );
  const scope = `${kind}:${name}`;
  expect(bot.seen.map(({ body }) => body)).toMatchObject([{ scope, for: '5m' }, { scope }]);
});

test.concurrent.for([
  [['--service', 'api', '--playbook', 'p'], '--service and --playbook are two pauses'],
  [['--target', ' '], '--target is empty: write the name of a target'],
  [['--targt', 'x'], 'pause has no option --targt'],
] as const)('G13: pause %j is refused before the bot is asked', async ([options, says]) => {
  const { code, err } = await cli(['pause', ...options, '--url', 'http://127.0.0.1:1'], {
    ALERT_BOT_DATA_DIR: dataDir,
  });
  expect(code).toBe(2);
  expect(err).toContain(says);
});

test.concurrent('--token-file goes before the data folder', async () => {
  await using bot = await standIn(() => Response.json({}));
  const file = join(dataDir, 'mine');
  writeFileSync(file, '# mine\nabc\n');
  await cli(['resume', '--token-file', file, '--url', bot.url]);
  expect(bot.seen[0]?.authorization).toBe('Bearer abc');
});

test.concurrent('token prints the first token of each kind', async () => {
  const env = { ALERT_BOT_DATA_DIR: dataDir };
  expect(await cli(['token', 'admin'], env)).toEqual({ code: 0, out: `${tokenOf('admin')}\n`, err: '' });
  expect((await cli(['token', 'webhook'], env)).out.trim()).toBe(tokenOf('webhook'));
});

// What the bot, or whatever stands in its place, answers, and the one sentence that a person then reads.
test.concurrent.for([
  [Response.json({ code: 'unauthorized', detail: 'x' }, { status: 401 }), 1, 'refused the token of /'],
  [
    Response.json({ code: 'not_found', detail: 'there is no target x; there are: y' }, { status: 404 }),
    1,
    'The bot refused (not_found): there is no target x; there are: y',
  ],
  [new Response('<html>', { status: 200 }), 1, 'is not the bot (status 200, not its JSON): give its address'],
  [Response.redirect('http://127.0.0.1:1/', 302), 1, 'is not the bot (status 302'],
] as const)('answer %# is told in one sentence', async ([answer, exit, says]) => {
  await using bot = await standIn(() => answer.clone());
  const { code, out, err } = await cli(['reset', 'x', '--url', bot.url], { ALERT_BOT_DATA_DIR: dataDir });
  expect({ code, out }).toEqual({ code: exit, out: '' });
  expect(err).toContain(says);
  expect(err.trim().split('\n')).toHaveLength(1);
});

test.concurrent('a bot that does not run is said to be not running', async () => {
  let url = '';
  {
    await using gone = await standIn(() => Response.json({}));
    ({ url } = gone);
  }
  const { code, err } = await cli(['resume', '--url', url], { ALERT_BOT_DATA_DIR: dataDir });
  expect(code).toBe(1);
  expect(err).toBe(
    `alert-bot: Nothing listens at ${url}: is the bot running? If not, start it with alert-bot serve, or give its address with --url.\n`,
  );
});

test.concurrent.for([
  [['resume'], {}, 2, 'No token: set ALERT_BOT_DATA_DIR'],
  [
    ['resume'],
    { ALERT_BOT_DATA_DIR: '/nowhere' },
    1,
    '/nowhere/tokens/admin does not exist: start the bot once',
  ],
  [['resume', '--url', 'localhost:5000'], {}, 2, '--url is "localhost:5000", which is no address'],
  [['resume'], { ALERT_BOT_LISTEN: 'x' }, 2, 'ALERT_BOT_LISTEN is not host:port'],
  [['resume'], { ALERT_BOT_LISTEN: '127.0.0.1:0' }, 2, 'give the address with --url'],
] as const)('%j with %j ends with code %i', async ([args, env, exit, says]) => {
  const { code, err } = await cli(args, env);
  expect(code).toBe(exit);
  expect(err).toContain(says);
  expect(err.trim().split('\n')).toHaveLength(1);
});
