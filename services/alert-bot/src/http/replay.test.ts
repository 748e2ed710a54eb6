// The bot in this process; each replay is a process of its own, as everywhere.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootSupervisor, staying } from '../../../supervisor/src/harness.ts';
import { createApart } from '../apart/apart.ts';
import { cli } from '../cli/harness.ts';
import { PLAYBOOKS, startBot, type TestBot } from '../testing/bot.ts';
import { createApi } from './api.ts';
import { answerError } from './errors.ts';
import { fire, observe, order } from './harness.ts';

let supervisor: Awaited<ReturnType<typeof bootSupervisor>>;
let bot: TestBot;
beforeAll(async () => {
  supervisor = await bootSupervisor(`
processes:
  api: { command: ${staying()}, labels: { alert-bot.enable: 'true', alert-bot.mode: approve } }
`);
  bot = startBot(supervisor.socket);
  await fire(bot, 'api');
  await fire(bot, 'nobody');
  await observe(bot);
});
afterAll(async () => {
  await bot[Symbol.asyncDispose]();
  await supervisor[Symbol.asyncDispose]();
});

const replay = (body: unknown, of = bot) => order(of, '/replay', body);
const BAD = 'playbooks:\n  - name: x\n    matchrs: []\n';

describe('POST /api/v1/replay', () => {
  test('answers as the command does, to the key, and leaves nothing behind', async () => {
    const file = join(bot.folder, 'tried.yml');
    writeFileSync(file, PLAYBOOKS);
    const to = new Date().toISOString();
    const told = await cli([
      'replay',
      '--json',
      `--playbooks=${file}`,
      `--data-dir=${bot.folder}`,
      '--to',
      to,
    ]);
    const { status, json } = await replay({ playbooks: PLAYBOOKS, to });
    expect(status).toBe(200);
    expect(json).toMatchObject({ totals: { was: { incidents: 2 }, now: { incidents: 2 } } });
    // At least one, so that those are compared too.
    expect([json['differences'], json['undecided']].flat().length).toBeGreaterThan(0);
    expect(json).toEqual(JSON.parse(told.out));
    expect(readdirSync(bot.folder).filter((name) => name.includes('replay'))).toEqual([]);
  });

  test('takes a time, and whatever offset leads out of what can be written', async () => {
    const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    for (const time of [
      { since: '1h' },
      { from: '0000-01-01T00:00:00+14:00', to: day },
      { to: '9999-12-31' },
    ])
      expect(await replay({ playbooks: PLAYBOOKS, ...time })).toMatchObject({ status: 200 });
    expect(await replay({ playbooks: PLAYBOOKS, to: '2020-01-01' })).toMatchObject({
      status: 409,
      json: { code: 'conflict', detail: expect.stringContaining('nothing is recorded of that time') },
    });
  });

  test('a file that does not compile: each mistake as check tells it', async () => {
    const file = join(bot.folder, 'bad.yml');
    writeFileSync(file, BAD);
    const { errors } = JSON.parse((await cli(['check', '--json', `--playbooks=${file}`])).out);
    expect(errors.length).toBeGreaterThan(0);
    expect(await replay({ playbooks: BAD })).toMatchObject({
      status: 400,
      json: {
        code: 'invalid',
        field: 'playbooks',
        detail: `playbooks: ${errors.length} errors; the bot would not start with this`,
        errors: errors.map((error: unknown) => ({ ...Object(error), file: 'playbooks' })),
      },
    });
    expect(await replay({ playbooks: PLAYBOOKS, overrides: 'limit: {}' })).toMatchObject({
      status: 400,
      json: { field: 'overrides', errors: [{ file: 'overrides', line: 1 }] },
    });
  });

  test.for([
    ['{', '(body)', 'the body is not JSON: send {"playbooks":'],
    [{}, 'playbooks', 'playbooks: the text of a playbook file'],
    [{ playbooks: '' }, 'playbooks', 'the text of a playbook file'],
    [{ playbooks: {} }, 'playbooks', 'the text of a playbook file'],
    [{ playbooks: PLAYBOOKS, overrides: 7 }, 'overrides', 'the text of an overrides file'],
    [{ playbooks: PLAYBOOKS, since: 'soon' }, 'since', 'since: a length of time such as 7d'],
    [{ playbooks: PLAYBOOKS, since: '0' }, 'since', 'a length of time'],
    [{ playbooks: PLAYBOOKS, since: '1d', from: '2026-01-31' }, 'since', 'send it or "from", not both'],
    [{ playbooks: PLAYBOOKS, from: 'today' }, 'from', 'from: a time such as 2026-01-31T12:00:00Z'],
    [{ playbooks: PLAYBOOKS, from: '2026-02-01', to: '2026-01-31' }, 'to', 'to: it is not after "from"'],
    [
      { playbooks: PLAYBOOKS, dataDir: '/' },
      '(body)',
      'there is no "dataDir"; there are playbooks, overrides',
    ],
  ] as const)('%j is refused by field', async ([body, field, told]) => {
    expect(await replay(body)).toMatchObject({
      status: 400,
      json: { code: 'invalid', field, detail: expect.stringContaining(told) },
    });
  });

  test('a second one meanwhile is told to come later', async () => {
    const [one, two] = await Promise.all([
      replay({ playbooks: PLAYBOOKS }),
      replay({ playbooks: PLAYBOOKS }),
    ]);
    expect([one.status, two.status].toSorted()).toEqual([200, 503]);
    expect([one, two].find(({ status }) => status === 503)?.json).toMatchObject({
      code: 'overloaded',
      detail: 'another replay is under way: ask again when it has ended',
    });
  });

  test('one that takes too long is told so', async () => {
    const { replays, counts } = createApart(bot.deps);
    const short = { run: (asked: Parameters<typeof replays.run>[0]) => replays.run(asked, 1) };
    const { app } = createApi(bot.deps, { problems: () => [], notes: () => [] }, { counts, replays: short });
    app.onError((error, c) => answerError(c, error, () => undefined));
    const body = JSON.stringify({ playbooks: PLAYBOOKS });
    const late = await app.request('/replay', { method: 'POST', body });
    expect(late.status).toBe(422);
    expect(await late.json()).toMatchObject({
      code: 'too_long',
      detail: expect.stringContaining('shorter time'),
    });
  });

  test('says what is missing where nothing is recorded', async () => {
    await using empty = startBot(supervisor.socket, { idle: true });
    expect(await replay({ playbooks: PLAYBOOKS }, empty)).toMatchObject({
      status: 409,
      json: { code: 'conflict', detail: expect.stringMatching(/^nothing is recorded yet/) },
    });
  });

  test('G12: needs the admin token', async () => {
    const response = await bot.app.request('/api/v1/replay', { method: 'POST', body: '{}' });
    expect(response.status).toBe(401);
  });
});
