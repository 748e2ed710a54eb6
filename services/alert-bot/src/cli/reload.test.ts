// The real process: its playbook file is changed under it, in each way that an editor or a deploy does it.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@shop/service/testing/free-port';
import { expect, test, vi } from 'vitest';
import { MAIN, start } from './harness.ts';

const good = (cooldown: string) => `defaults: { cooldown: ${cooldown} }
playbooks:
  - name: one
    matchers: [ 'alertname="A"' ]
    target: { service: api }
    steps: [ { restart: {} } ]
`;

async function serve() {
  const dir = mkdtempSync(join(tmpdir(), 'reload-'));
  const playbooks = join(dir, 'p.yml');
  const overrides = join(dir, 'o.yml');
  writeFileSync(playbooks, good('2m'));
  writeFileSync(overrides, 'limits: { concurrent: 2 }\n');
  const port = await freePort();
  const { child, end } = start([MAIN, 'serve'], {
    ALERT_BOT_PLATFORM: 'supervisor',
    ALERT_BOT_SUPERVISOR_SOCKET: join(dir, 's'),
    ALERT_BOT_DATA_DIR: join(dir, 'data'),
    ALERT_BOT_PLAYBOOKS: playbooks,
    ALERT_BOT_OVERRIDES: overrides,
    ALERT_BOT_ALERTMANAGER_URLS: 'http://127.0.0.1:1',
    ALERT_BOT_PROMETHEUS_URL: 'http://127.0.0.1:1',
    ALERT_BOT_LISTEN: `127.0.0.1:${port}`,
  });
  let out = '';
  child.stdout.on('data', (text: string) => {
    out += text;
  });
  const soon = { timeout: 15_000, interval: 50 };
  const get = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  await vi.waitFor(() => expect(out).toContain('alert-bot is ready'), soon);
  return {
    dir,
    playbooks,
    overrides,
    child,
    /** Waits for a line of the log. */
    says: (text: string) => vi.waitFor(() => expect(out).toContain(text), soon),
    out: () => out,
    metric: async (name: string) =>
      Number(
        new RegExp(`^alert_bot_config_last_reload_${name} (\\S+)`, 'm').exec(await get('/metrics'))?.[1],
      ),
    notes: () => get('/readyz'),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await end;
      rmSync(dir, { recursive: true });
    },
  };
}

test('G13: a change is taken over in every way it is made; a wrong file keeps the last good one', async () => {
  await using bot = await serve();
  expect(await bot.metric('successful')).toBe(1);
  const loadedAt = await bot.metric('success_timestamp_seconds');
  expect(loadedAt).toBeGreaterThan(Date.now() / 1000 - 60);

  writeFileSync(bot.playbooks, good('3m'));
  await bot.says('"path":"playbooks.one.cooldown","from":"2m","to":"3m"');
  expect(await bot.metric('success_timestamp_seconds')).toBeGreaterThan(loadedAt);

  // As editors save.
  writeFileSync(join(bot.dir, 'p.yml~'), good('4m'));
  renameSync(join(bot.dir, 'p.yml~'), bot.playbooks);
  await bot.says('"path":"playbooks.one.cooldown","from":"3m","to":"4m"');

  writeFileSync(bot.overrides, 'limits: { concurrent: 3 }\n');
  await bot.says('"path":"limits.concurrent","from":"2","to":"3"');

  writeFileSync(bot.playbooks, good('5'));
  const wrong = 'p.yml:1: defaults.cooldown: `5` has no unit: write 5s, 5m or 5h';
  await bot.says(`the last good ones hold: ${bot.dir}/${wrong}`);
  expect(await bot.metric('successful')).toBe(0);
  const ready: unknown = JSON.parse(await bot.notes());
  expect(ready).toMatchObject({ notes: expect.arrayContaining([expect.stringContaining(wrong)]) });

  // Against what held all the time, not against the wrong file.
  writeFileSync(bot.playbooks, good('6m'));
  await bot.says('"path":"playbooks.one.cooldown","from":"4m","to":"6m"');
  expect(await bot.metric('successful')).toBe(1);
  expect(await bot.notes()).not.toContain('p.yml');

  bot.child.kill('SIGHUP');
  await bot.says('playbooks read again, nothing changed');
}, 60_000);
