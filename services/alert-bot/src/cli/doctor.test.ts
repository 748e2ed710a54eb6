import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { cli, ROOT, tooWide, unfold } from './harness.ts';

const answer = z.strictObject({
  findings: z.array(
    z.strictObject({
      level: z.enum(['ok', 'warn', 'fail']),
      what: z.string(),
      says: z.string(),
      remedy: z.string().optional(),
    }),
  ),
  failed: z.int(),
});

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
  expect(tooWide(out)).toEqual([]);
  const remedies = out.match(/^ {6}-> ./gm) ?? [];
  expect(remedies.length).toBe(out.match(/^(FAIL|warn)/gm)?.length);
  expect(unfold(out)).toMatch(/^ok {4}playbooks: [1-9]\d* in /m);
  expect(unfold(out)).toContain('6 things to mend.');
});

test('--json has each finding with its remedy, how many failed, and the same exit code', async () => {
  const { code, out, err } = await cli(['doctor', '--json'], AWAY);
  expect({ code, err }).toEqual({ code: 1, err: '' });
  const { findings, failed } = answer.parse(JSON.parse(out));
  expect(failed).toBe(6);
  expect(findings.filter(({ level }) => level === 'fail').map(({ what }) => what)).toEqual([
    ...['token webhook', 'token admin', 'targets', 'Prometheus http://127.0.0.1:49152'],
    ...['Alertmanager http://127.0.0.1:49151', 'alert-bot http://127.0.0.1:49153'],
  ]);
  const playbooks = findings.find(({ what }) => what === 'playbooks');
  expect(playbooks).toMatchObject({ level: 'ok', says: expect.stringContaining('playbooks.yml') });
  for (const { level, remedy = '' } of findings) expect(remedy === '').toBe(level === 'ok');
});

test('a playbook file with a typo fails with its line', async () => {
  const bad = { ...AWAY, ALERT_BOT_PLAYBOOKS: join(ROOT, 'alertmanager.yml') };
  const { code, out } = await cli(['doctor'], bad);
  expect(code).toBe(1);
  expect(unfold(out)).toMatch(/FAIL {2}playbooks: .*alertmanager\.yml:\d+: /);
});

test('a configuration that cannot be read is a configuration error', async () => {
  const { code, err } = await cli(['doctor'], { ...AWAY, ALERT_BOT_PLATFORM: 'kubernetes' });
  expect(code).toBe(2);
  expect(err).toContain('set it to docker or supervisor');
});

test('where reports and annotations are set, both are looked at, and no secret is printed', async () => {
  const { code, out, err } = await cli(['doctor'], {
    ...AWAY,
    ALERT_BOT_REPORT_WEBHOOK_URL: 'http://127.0.0.1:49154/services/SECRET',
    ALERT_BOT_GRAFANA_URL: 'http://127.0.0.1:49155',
    ALERT_BOT_GRAFANA_TOKEN: 'SECRET',
  });
  expect(code).toBe(1);
  expect(unfold(out)).toContain(
    'FAIL  webhook for reports: 127.0.0.1:49154 cannot be connected to (ECONNREFUSED)\n      -> ',
  );
  expect(unfold(out)).toContain(
    'FAIL  Grafana http://127.0.0.1:49155: not reachable (ECONNREFUSED)\n      -> ',
  );
  expect(unfold(out)).toContain('8 things to mend.');
  expect(out + err).not.toContain('SECRET');
});
