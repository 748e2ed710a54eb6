// The bot with its engine in this process, over a real supervisor; Alertmanager and Prometheus are away.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootSupervisor, staying } from '../../../supervisor/src/harness.ts';
import { pauseNotes } from '../store/controls.ts';
import { startBot, type TestBot } from '../testing/bot.ts';
import { fire, get, order } from './harness.ts';

const NAMES = ['api', 'payments'];
let supervisor: Awaited<ReturnType<typeof bootSupervisor>>;
beforeAll(async () => {
  const process = `{ command: ${staying()}, labels: { alert-bot.enable: 'true' } }`;
  supervisor = await bootSupervisor(
    ['processes:', ...NAMES.map((name) => `  ${name}: ${process}`)].join('\n'),
  );
});
afterAll(() => supervisor[Symbol.asyncDispose]());

const bot = (idle = false) => startBot(supervisor.socket, { idle });
const ada = { by: 'ada', why: 'deploy' };
const reasonOf = async (one: TestBot, service: string) => {
  const { json } = await fire(one, service);
  return JSON.stringify(json).match(/"reason":"(\w+)"/)?.[1];
};
const audited = ({ deps }: TestBot) => deps.db.prepare('SELECT action, subject FROM audit').all();

describe('G13: a pause', { concurrent: true }, () => {
  test.each([
    ['service:api', 'target:supervisor:api'],
    ['target:supervisor:api', 'target:supervisor:api'],
  ])('of %s holds for that target and no other', async (scope, kept) => {
    await using one = bot();
    const { status, json } = await order(one, '/pause', { ...ada, scope, for: '5m' });
    expect({ status, json }).toMatchObject({ status: 200, json: { paused: true, scope: kept } });
    expect(await reasonOf(one, 'api')).toBe('paused');
    expect(await reasonOf(one, 'payments')).not.toBe('paused');
    expect((await get(one, '/targets')).json).toMatchObject({
      paused: null,
      pauses: [{ scope: kept, by: 'ada', why: 'deploy' }],
      targets: [
        { id: 'supervisor:api', paused: { scope: kept } },
        { id: 'supervisor:payments', paused: null },
      ],
    });
    expect(audited(one)).toEqual([{ action: 'pause', subject: `${kept} for 5m` }]);
  });

  test('of a playbook holds for what that one does', async () => {
    await using one = bot();
    await order(one, '/pause', { ...ada, scope: 'playbook:errors' });
    expect(await reasonOf(one, 'api')).toBe('paused');
  });

  test('ends by its own scope, and leaves the others', async () => {
    await using one = bot(true);
    for (const scope of ['service:api', 'playbook:errors', 'all'])
      await order(one, '/pause', { ...ada, scope });
    const { json } = await order(one, '/resume', { ...ada, scope: 'service:api' });
    expect(json).toEqual({ paused: false, ended: 1 });
    expect((await get(one, '/targets')).json).toMatchObject({
      paused: { scope: 'all' },
      pauses: [{ scope: 'playbook:errors' }],
    });
    // Told without a token, so without who and why.
    expect(pauseNotes(one.deps.db, one.deps.now())).toEqual([
      'a person paused all, playbook:errors: alert-bot resume ends it',
    ]);
    expect((await order(one, '/resume', ada)).json).toEqual({ paused: false, ended: 2 });
    expect((await get(one, '/targets')).json).toMatchObject({ paused: null, pauses: [] });
  });

  test.each([
    ['/pause', 'service:pai', 404, 'there is no service pai; there are: api, payments'],
    [
      '/pause',
      'target:supervisor:x',
      404,
      'there is no target supervisor:x; there are: supervisor:api, supervisor:payments',
    ],
    ['/pause', 'playbook:eror', 404, 'there is no playbook eror; there are: errors'],
    [
      '/pause',
      'api',
      400,
      'scope: "api" is no scope: write all, target:<id>, service:<name> or playbook:<name>',
    ],
    ['/resume', 'service:api', 404, 'service:api is not paused; paused is: nothing'],
  ])('%s of %s is refused with what there is, and changes nothing', async (path, scope, status, message) => {
    await using one = bot(true);
    expect(await order(one, path, { ...ada, scope })).toMatchObject({
      status,
      json: { detail: message, field: 'scope' },
    });
    expect(audited(one)).toEqual([]);
  });

  test('of one target while the platform is away is refused with what is possible', async () => {
    await using one = startBot('/nowhere/s.sock', { idle: true });
    expect(await order(one, '/pause', { ...ada, scope: 'service:api' })).toMatchObject({
      status: 503,
      json: { detail: expect.stringContaining('pause all instead') },
    });
    expect(await order(one, '/pause', ada)).toMatchObject({ status: 200 });
    expect(await order(one, '/pause', { ...ada, scope: 'playbook:errors' })).toMatchObject({ status: 200 });
  });
});
