import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootSupervisor, staying } from '../harness.ts';

let box: Awaited<ReturnType<typeof bootSupervisor>>;
let api: Awaited<ReturnType<typeof box.process>>;

beforeAll(async () => {
  box = await bootSupervisor(`
processes:
  web: { command: ${staying()}, depends_on: [api], stop_timeout: 300ms }
  api: { command: ${staying()}, labels: { alert-bot.enable: 'true' } }
`);
  api = await box.process('api');
});
afterAll(() => box[Symbol.asyncDispose]());

describe('reading', () => {
  test('/version says who it is', async () => {
    expect(JSON.parse((await box.ask('GET', '/version')).text)).toEqual({
      name: 'supervisor',
      api: 1,
      pid: box.child.pid,
      startedAt: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
    });
  });

  test('/healthz answers', async () => {
    expect(await box.ask('GET', '/healthz')).toEqual({ status: 200, text: '{"status":"ok"}' });
  });

  test('/processes lists all, dependencies first, started in that order', async () => {
    const all = await box.processes();
    expect(all.map(({ name }) => name)).toEqual(['api', 'web']);
    expect((await box.record()).map(({ name, event }) => `${event} ${name}`)).toEqual([
      'start api',
      'start web',
    ]);
  });

  test('a process is found by its name and by its id', async () => {
    expect(await box.process(api.id)).toEqual(api);
    expect(api).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{64}$/),
      name: 'api',
      state: 'running',
      pid: expect.any(Number),
      startedAt: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
      finishedAt: null,
      exitCode: null,
      signal: null,
      restartCount: 0,
      health: 'none',
      healthLog: [],
      labels: { 'alert-bot.enable': 'true' },
      dependsOn: [],
      stopTimeoutMs: 10_000,
    });
    expect(await box.process('web')).toMatchObject({ dependsOn: ['api'], stopTimeoutMs: 300 });
  });
});

describe('refusing', () => {
  const unknown = '0'.repeat(64);
  test.for([
    ['GET', '/processes/nobody', 404, 'not_found'],
    ['GET', '/processes/nobody/logs', 404, 'not_found'],
    ['GET', '/nothing', 404, 'not_found'],
    ['POST', '/processes/api/restart', 400, 'full_id_required'],
    ['POST', '/processes/api/start', 400, 'full_id_required'],
    ['POST', '/processes/nobody/stop', 400, 'full_id_required'],
    ['POST', `/processes/${unknown}/restart`, 404, 'not_found'],
    ['POST', '/processes/ID/restart?t=soon', 400, 'invalid_parameter', 't: must be a number'],
    ['POST', '/processes/ID/restart?t=', 400, 'invalid_parameter', 't: must be a number'],
    ['POST', '/processes/ID/restart?t=-1', 400, 'invalid_parameter', 't: must be a number'],
    ['POST', '/processes/ID/stop?t=3601', 400, 'invalid_parameter', 'from 0 to 3600, not "3601"'],
    // A misspelt parameter must not silently become the default.
    ['POST', '/processes/ID/stop?timeout=5', 400, 'invalid_parameter', 'timeout'],
    ['POST', '/processes/ID/start?t=5', 400, 'invalid_parameter', 't'],
    ['GET', '/processes/api/logs?tail=-1', 400, 'invalid_parameter', 'tail'],
  ] as const)('%s %s is %d %s', async ([method, path, status, code, part = '']) => {
    const answer = await box.ask(method, path.replace('ID', api.id));
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toEqual({ code, message: expect.stringContaining(part) });
    // And nothing was done.
    expect(await box.process('api')).toEqual(api);
  });
});
