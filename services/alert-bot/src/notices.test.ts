// The outbox together with what it must not touch: real remediations by the executor on a real supervisor, the real process
// that is killed, and a real server that takes or hangs.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { MAIN, start } from './cli/harness.ts';
import type { NotifyConfig } from './config/notify.ts';
import { PlatformError } from './domain/platform.ts';
import { createNotices } from './notices.ts';
import { openLog } from './store/db.ts';
import { addReport, noticeOf, pendingNotices, wantNotices } from './store/notices.ts';
import { temporaryFolder } from './testing/log.ts';
import { startReceiver } from './testing/receiver.ts';
import type { Stage } from './testing/stage.ts';
import { bootStages } from './testing/stages.ts';

const NAMES = ['annotated', 'hung', 'unwanted', 'twice'];
let stages: Awaited<ReturnType<typeof bootStages>>;
beforeAll(async () => {
  stages = await bootStages(NAMES);
});
afterAll(() => stages.end());

const soon = { timeout: 15_000, interval: 20 };
const closed = (stage: Stage, id: number) =>
  vi.waitFor(() => expect(stage.incident(id).status).toBe('closed'), soon);

const to = (url: string, report = false): Omit<NotifyConfig, 'grafanaExternalUrl'> => ({
  externalUrl: 'https://bot.example.org',
  report: report ? { url: { value: `${url}/report` }, at: { minutes: 420, zone: 'UTC' } } : null,
  grafana: { url, secret: { value: 'glsa_x' }, user: null },
});

test('an action is annotated from its call to its proof, and leads to its incident', async () => {
  await using grafana = await startReceiver();
  using stage = stages.stageOf('annotated');
  const notices = await createNotices(stage.deps, to(grafana.url));
  stage.engine();
  void notices.run();
  const id = await stage.fire();
  await closed(stage, id);
  await vi.waitFor(() => expect(noticeOf(stage.db, 'attempt:1')?.sentAt).toEqual(expect.any(Number)), soon);
  expect(grafana.received).toHaveLength(1);
  const [attempt] = stage.attempts(id);
  const body: unknown = JSON.parse(grafana.received[0]?.body ?? '');
  expect(body).toMatchObject({
    timeEnd: attempt?.ended_at,
    tags: ['alert-bot', 'service:annotated', 'playbook:restart', 'outcome:helped'],
    text: expect.stringContaining(`<a href="https://bot.example.org/incidents/${id}">`),
  });
  expect(body).toMatchObject({ time: expect.any(Number) });
});

test('a webhook that hangs changes nothing for a remediation, which is over before it answers', async () => {
  await using server = await startReceiver();
  server.answer = { kind: 'hang' };
  using stage = stages.stageOf('hung');
  const notices = await createNotices(stage.deps, to(server.url, true));
  addReport(stage.db, '2026-01-01', { text: 'a night', from: 1, to: 2 }, stage.deps.now());
  void notices.run();
  await vi.waitFor(() => expect(server.received).toHaveLength(1), soon);
  const began = performance.now();
  stage.engine();
  const id = await stage.fire();
  await closed(stage, id);
  expect(stage.incident(id).outcome).toBe('healed');
  // The request of before is still open: it ends after ten seconds, as a failure.
  expect(noticeOf(stage.db, 'report:2026-01-01')).toMatchObject({ tries: 1, sentAt: null, error: null });
  expect(performance.now() - began).toBeLessThan(10_000);
});

test('where nobody is to be told there are no rows', async () => {
  using stage = stages.stageOf('unwanted');
  const notices = await createNotices(stage.deps, { externalUrl: null, report: null, grafana: null });
  await notices.run();
  stage.engine();
  await closed(stage, await stage.fire());
  expect(stage.db.prepare('SELECT count(*) FROM notices').pluck().get()).toBe(0);
});

test('an attempt that never reached the platform is not told of', async () => {
  await using grafana = await startReceiver();
  using stage = stages.stageOf('twice');
  await createNotices(stage.deps, to(grafana.url));
  stage.platform.act = async () => {
    throw new PlatformError('unavailable', 'the supervisor is away');
  };
  stage.engine();
  const id = await stage.fire();
  await vi.waitFor(() => expect(stage.attempts(id)[0]?.outcome).toBe('not_called'), soon);
  expect(pendingNotices(stage.db)).toEqual([]);
});

describe('kill -9', () => {
  test('between sending and marking it is sent again, and after that no more', async () => {
    using folder = temporaryFolder();
    const log = openLog(folder.path);
    wantNotices(log.db, ['report'], Date.now());
    addReport(log.db, '2026-01-01', { text: 'a night', from: 1, to: 2 }, Date.now());
    log.close();

    let kill: () => void = () => undefined;
    await using server = await startReceiver(() => kill());
    const env = {
      ALERT_BOT_PLATFORM: 'supervisor',
      ALERT_BOT_SUPERVISOR_SOCKET: join(folder.path, 'nobody'),
      ALERT_BOT_DATA_DIR: folder.path,
      ALERT_BOT_PLAYBOOKS: 'deploy/playbooks.yml',
      ALERT_BOT_ALERTMANAGER_URLS: 'http://127.0.0.1:1',
      ALERT_BOT_PROMETHEUS_URL: 'http://127.0.0.1:1',
      ALERT_BOT_LISTEN: '127.0.0.1:0',
      ALERT_BOT_REPORT_WEBHOOK_URL: `${server.url}/SECRET`,
    };
    const first = start([MAIN, 'serve'], env);
    // It has been sent, and nothing can have been marked: the answer is not there yet.
    kill = () => void first.child.kill('SIGKILL');
    expect((await first.end).code).toBeNull();
    expect(server.received).toHaveLength(1);

    kill = () => undefined;
    const second = start([MAIN, 'serve'], { ...env, ALERT_BOT_LOG_LEVEL: 'debug' });
    let said = '';
    second.child.stdout.on('data', (text: string) => {
      said += text;
    });
    await vi.waitFor(() => expect(said).toContain('notice sent'), soon);
    expect(server.received).toHaveLength(2);
    second.child.kill('SIGTERM');
    const { code, out } = await second.end;
    expect(code).toBe(0);
    expect(server.received[1]?.body).toBe(server.received[0]?.body);
    expect(out).not.toContain('SECRET');

    const after = openLog(folder.path);
    expect(noticeOf(after.db, 'report:2026-01-01')).toMatchObject({ tries: 2, sentAt: expect.any(Number) });
    after.close();
  }, 60_000);
});
