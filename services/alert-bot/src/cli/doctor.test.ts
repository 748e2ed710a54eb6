import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { cli, ROOT } from './harness.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'doctor-'));
afterAll(() => rmSync(dataDir, { recursive: true }));

// Nothing listens on these ports: everything that can be away is away.
const AWAY = {
  ALERT_BOT_PLATFORM: 'supervisor',
  ALERT_BOT_SUPERVISOR_SOCKET: join(dataDir, 'nobody.sock'),
  ALERT_BOT_DATA_DIR: dataDir,
  ALERT_BOT_PLAYBOOKS: join(ROOT, 'deploy/playbooks.yml'),
  ALERT_BOT_ALERTMANAGER_URLS: 'http://127.0.0.1:49151',
  ALERT_BOT_PROMETHEUS_URL: 'http://127.0.0.1:49152',
  ALERT_BOT_LISTEN: '127.0.0.1:49153',
};

test('everything away: each failure has its remedy, and the exit code says so', async () => {
  const { code, out, err } = await cli(['doctor'], AWAY);
  expect(err).toBe('');
  expect(code).toBe(1);
  const failed = [...out.matchAll(/^FAIL {2}([^:]+)/gm)].map((match) => match[1]);
  expect(failed).toEqual([
    'token webhook',
    'token admin',
    'targets',
    'Prometheus http',
    'Alertmanager http',
    'alert-bot http',
  ]);
  const remedies = out.match(/^ {6}-> ./gm) ?? [];
  expect(remedies.length).toBe(out.match(/^(FAIL|warn)/gm)?.length);
  expect(out).toMatch(/^ok {4}playbooks: [1-9]\d* in /m);
  expect(out).toContain('6 things to mend.');
});

test('a playbook file with a typo fails with its line', async () => {
  const bad = { ...AWAY, ALERT_BOT_PLAYBOOKS: join(ROOT, 'alertmanager.yml') };
  const { code, out } = await cli(['doctor'], bad);
  expect(code).toBe(1);
  expect(out).toMatch(/FAIL {2}playbooks: .*alertmanager\.yml:\d+: /);
});

test('a configuration that cannot be read is a configuration error', async () => {
  const { code, err } = await cli(['doctor'], { ...AWAY, ALERT_BOT_PLATFORM: 'kubernetes' });
  expect(code).toBe(2);
  expect(err).toContain('set it to docker or supervisor');
});
