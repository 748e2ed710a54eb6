import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';
import { freePort } from '../../../../packages/service/src/testing/free-port.ts';
import { bootSupervisor, staying } from '../harness.ts';

/** Within it, what is waited for has to come true. */
const SOON = { timeout: 5000, interval: 20 };

const timing = 'interval: 50ms, timeout: 400ms, retries: 2';

test.concurrent('health follows the probes, and starts anew with the process', async ({ expect }) => {
  const check = JSON.stringify(['/bin/sh', '-c', 'echo seen; test -e well']);
  await using box = await bootSupervisor(
    `processes: { app: { command: ${staying()}, healthcheck: { command: ${check}, ${timing}, start_period: 1m } } }`,
  );
  const well = join(box.folder, 'well');
  const health = async () => (await box.process('app')).health;
  const { id } = await box.process('app');
  const act = (what: string) => box.ask('POST', `/processes/${id}/${what}`);

  // Failures in the start period are seen but do not count: more than `retries` of them are in the log.
  await expect.poll(async () => (await box.process('app')).healthLog.length, SOON).toBe(5);
  expect(await box.process('app')).toMatchObject({
    health: 'starting',
    healthLog: Array(5).fill({ ok: false }),
  });
  writeFileSync(well, '');
  await expect.poll(health, SOON).toBe('healthy');
  rmSync(well);
  await expect.poll(health, SOON).toBe('unhealthy');
  const { healthLog } = await box.process('app');
  expect(healthLog.at(-1)).toEqual({ at: expect.any(String), ok: false, output: 'exit code 1\nseen' });

  await act('restart');
  expect(await health()).toBe('starting');
  writeFileSync(well, '');
  await expect.poll(health, SOON).toBe('healthy');
  await act('stop');
  expect(await health()).toBe('unhealthy');
  expect(await box.events('app')).toEqual(['start', 'stop', 'die', 'start', 'stop', 'die']);
});

test.concurrent('an HTTP check sees the status, a hanging answer and a refused connection', async ({
  expect,
}) => {
  const server = staying(`
    const { writeFileSync } = require('node:fs');
    let mode = 200;
    const server = require('node:http').createServer((request, response) => {
      if (request.url !== '/livez') mode = Number(request.url.slice(1));
      if (mode === 0) return request.url === '/0' && response.end();
      response.statusCode = request.url === '/livez' ? mode : 200;
      response.end('mode ' + mode);
    }).listen(Number(process.env.PORT), '127.0.0.1');
    process.on('SIGUSR2', () => server.close().closeAllConnections())`);
  const port = await freePort();
  await using box = await bootSupervisor(
    `processes:
       app:
         command: ${server}
         environment: { PORT: '\${PORT}' }
         healthcheck: { http: 'http://127.0.0.1:\${PORT}/livez', ${timing} }`,
    { PORT: String(port) },
  );
  const last = async () => (await box.process('app')).healthLog.at(-1);
  const become = (mode: number) =>
    fetch(`http://127.0.0.1:${port}/${mode}`, { headers: { connection: 'close' } });
  await expect.poll(last, SOON).toMatchObject({ ok: true, output: 'HTTP 200 mode 200' });
  await become(503);
  await expect.poll(last, SOON).toMatchObject({ ok: false, output: 'HTTP 503 mode 503' });
  await become(204);
  await expect.poll(last, SOON).toMatchObject({ ok: true });
  await become(0);
  await expect.poll(last, SOON).toMatchObject({ ok: false, output: 'no answer within 400 ms' });
  process.kill(Number((await box.process('app')).pid), 'SIGUSR2');
  await expect.poll(last, SOON).toMatchObject({ ok: false, output: expect.stringContaining('ECONNREFUSED') });
  expect((await box.process('app')).health).toBe('unhealthy');
});

test.concurrent('what has ended is not probed any more', async ({ expect }) => {
  const check = JSON.stringify(['/bin/sh', '-c', 'echo probed >> "$NAME"']);
  const watched = (name: string) =>
    `{ command: ${staying()}, environment: { NAME: ${name} }, healthcheck: { command: ${check}, interval: 20ms } }`;
  await using box = await bootSupervisor(`processes: { app: ${watched('app')}, clock: ${watched('clock')} }`);
  const probes = (name: string) => {
    const path = join(box.folder, name);
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length : 0;
  };
  await expect.poll(() => probes('app'), SOON).toBeGreaterThan(1);
  await box.ask('POST', `/processes/${(await box.process('app')).id}/stop`);
  const [app, clock] = [probes('app'), probes('clock')];
  await expect.poll(() => probes('clock'), SOON).toBeGreaterThan(clock + 5);
  // One may have been under way.
  expect(probes('app')).toBeLessThanOrEqual(app + 1);
});

test.concurrent('a check command that hangs or does not exist is a failure', async ({ expect }) => {
  const check = (command: string[]) =>
    `{ command: ${staying()}, healthcheck: { command: ${JSON.stringify(command)}, interval: 20ms, timeout: 100ms, retries: 1 } }`;
  await using box = await bootSupervisor(
    `processes:
       hangs: ${check(['/bin/sh', '-c', 'trap "exit 0" TERM; sleep 60 & wait'])}
       missing: ${check(['/nowhere/check'])}`,
  );
  const last = async (name: string) => (await box.process(name)).healthLog.at(-1);
  await expect.poll(() => last('hangs'), SOON).toMatchObject({ ok: false, output: 'no end within 100 ms' });
  await expect
    .poll(() => last('missing'), SOON)
    .toMatchObject({
      ok: false,
      output: expect.stringContaining('ENOENT'),
    });
  expect((await box.process('hangs')).health).toBe('unhealthy');
});
