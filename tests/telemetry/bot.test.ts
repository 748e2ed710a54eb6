// The bot as a process, with a real supervisor and a receiver that reads what is exported: an incident is one trace from its
// delivery to its proof, also over kill -9.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { freePorts } from '../../scripts/stack/ports.ts';
import { MAIN, start } from '../../services/alert-bot/src/cli/harness.ts';
import { type Scene, startSignals } from '../../services/alert-bot/src/testing/signals.ts';
import { bootSupervisor } from '../../services/supervisor/src/harness.ts';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../support/otlp.ts';

const NAMES = ['whole', 'killed', 'quiet', 'hanging'];
const PLAYBOOKS = `
defaults: { mode: act, prove: { within: 30s, stable: 0s } }
limits: { settle: 1s, concurrent: 5 }
playbooks:
  - name: restart
    matchers: [ 'alertname="Broken"' ]
    target: { service: '{{ $labels.service }}' }
    steps: [ { restart: { timeout: 1s, attempts: 3 } }, { escalate: {} } ]
`;
const soon = { timeout: 30_000, interval: 50 };

let supervisor: Awaited<ReturnType<typeof bootSupervisor>>;
let signals: Awaited<ReturnType<typeof startSignals>>;
let receiver: OtlpReceiver;
let folder: string;
const running: { kill(): Promise<void> }[] = [];
beforeAll(async () => {
  const process = `{ command: [sleep, '100000'], labels: { alert-bot.enable: 'true' } }`;
  supervisor = await bootSupervisor(
    ['processes:', ...NAMES.map((name) => `  ${name}: ${process}`)].join('\n'),
  );
  signals = await startSignals();
});
beforeEach(async () => {
  receiver = await startOtlpReceiver();
  folder = mkdtempSync(join(tmpdir(), 'bot-traces-'));
  writeFileSync(join(folder, 'playbooks.yml'), PLAYBOOKS);
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((bot) => bot.kill()));
  await receiver.stop();
  rmSync(folder, { recursive: true, force: true });
});
afterAll(async () => {
  await signals?.[Symbol.asyncDispose]();
  await supervisor?.[Symbol.asyncDispose]();
});

/** What Alertmanager and Prometheus say of a service: it is broken until its process was restarted. */
function sceneOf(service: string): Scene {
  const labels = { alertname: 'Broken', service };
  const firing = async () => (await supervisor.process(service)).restartCount === 0;
  const scene = signals.scene(service);
  scene.listed = async () => ((await firing()) ? [{ labels }] : []);
  scene.rules = async () => [
    { name: 'Broken', query: 'broken == 1', alerts: (await firing()) ? [labels] : [] },
  ];
  return scene;
}

const line = z.looseObject({ msg: z.string().optional(), trace_id: z.string().optional() });

async function startBot(
  scene: Scene,
  env: Record<string, string> = {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '50',
    OTEL_LOGS_EXPORTER: 'none',
  },
  node: readonly string[] = [],
) {
  const { bot: port } = await freePorts();
  const { child, end } = start([...node, MAIN, 'serve'], {
    ALERT_BOT_PLATFORM: 'supervisor',
    ALERT_BOT_SUPERVISOR_SOCKET: supervisor.socket,
    ALERT_BOT_DATA_DIR: join(folder, 'data'),
    ALERT_BOT_PLAYBOOKS: join(folder, 'playbooks.yml'),
    ALERT_BOT_ALERTMANAGER_URLS: scene.alertmanagerUrl,
    ALERT_BOT_PROMETHEUS_URL: scene.prometheusUrl,
    ALERT_BOT_LISTEN: `127.0.0.1:${port}`,
    ...env,
  });
  let out = '';
  child.stdout.on('data', (text: string) => {
    out += text;
  });
  const lines = () =>
    out
      .split('\n')
      .filter((text) => text.startsWith('{') && text.endsWith('}'))
      .map((text) => line.parse(JSON.parse(text)));
  await vi.waitFor(() => expect(out).toContain('alert-bot is ready'), soon);
  const token = (kind: string) => readFileSync(join(folder, 'data/tokens', kind), 'utf8').trim();
  const ask = async (path: string, kind: string, init: RequestInit = {}) => {
    const url = `http://127.0.0.1:${port}${path}`;
    const headers = { authorization: `Bearer ${token(kind)}`, ...init.headers };
    const response = await fetch(url, { ...init, headers });
    return z.looseObject({}).parse(await response.json());
  };
  const bot = {
    lines,
    child,
    end,
    fire: (service: string, traceparent?: string) =>
      ask('/webhook', 'webhook', {
        method: 'POST',
        body: JSON.stringify({ status: 'firing', labels: { alertname: 'Broken', service } }),
        ...(traceparent === undefined ? {} : { headers: { traceparent } }),
      }),
    incident: async (id: number) =>
      z
        .looseObject({ status: z.string(), outcome: z.string().nullable(), trace: z.string().nullable() })
        .parse(await ask(`/api/v1/incidents/${id}`, 'admin')),
    async closed(id: number) {
      await vi.waitFor(async () => expect((await bot.incident(id)).status).toBe('closed'), soon);
    },
    async kill() {
      child.kill('SIGKILL');
      await end;
    },
  };
  running.push(bot);
  return bot;
}

const named = (name: string): ReceivedSpan[] => receiver.spans.filter((span) => span.name === name);
const one = (name: string): ReceivedSpan => {
  const [span, ...others] = named(name);
  if (span === undefined || others.length > 0) throw new Error(`${others.length + 1} spans ${name}`);
  return span;
};
const arrived = (name: string) => vi.waitFor(() => expect(named(name)).not.toEqual([]), soon);
const within = (inner: ReceivedSpan, outer: ReceivedSpan) => {
  expect(inner.traceId).toBe(outer.traceId);
  expect(inner.parentSpanId).toBe(outer.spanId);
  expect(inner.startTimeUnixNano).toBeGreaterThanOrEqual(outer.startTimeUnixNano);
  expect(inner.endTimeUnixNano).toBeLessThanOrEqual(outer.endTimeUnixNano);
};

describe('an incident', () => {
  test('is one trace from its alert to its proof, linked to the delivery, which is linked to its sender', async () => {
    const scene = sceneOf('whole');
    const { listed } = scene;
    const swept = Promise.withResolvers<void>();
    scene.listed = async () => {
      swept.resolve();
      return [];
    };
    const bot = await startBot(scene);
    // Else the first sweep may find the alert beside its delivery, and it is triaged twice.
    await swept.promise;
    scene.listed = listed;
    const sender = 'a'.repeat(32);
    await bot.fire('whole', `00-${sender}-00000000000000aa-01`);
    await bot.closed(1);
    await arrived('incident');

    const incident = one('incident');
    expect(incident.service).toBe('alert-bot');
    expect(incident.attributes).toMatchObject({
      'alert_bot.incident': expect.anything(),
      'alert_bot.target': 'supervisor:whole',
      'alert_bot.playbook': 'restart',
      'alert_bot.outcome': 'healed',
    });
    expect(incident.parentSpanId ?? '').toBe('');
    const attempt = one('attempt');
    within(attempt, incident);
    expect(attempt.attributes).toMatchObject({
      'alert_bot.reason': 'first_attempt',
      'alert_bot.outcome': 'helped',
    });
    for (const name of ['evidence', 'restart', 'proof']) within(one(name), attempt);
    expect(one('restart').attributes['alert_bot.result']).toBe('done');
    expect(one('evidence').startTimeUnixNano).toBeLessThanOrEqual(one('restart').startTimeUnixNano);
    expect(one('restart').endTimeUnixNano).toBeLessThanOrEqual(one('proof').startTimeUnixNano);
    expect(receiver.spans.flatMap(({ status }) => (status.code === 2 ? [status] : []))).toEqual([]);

    // A span link each from what the delivery led to; the delivery has a trace of its own, and one to who sent it.
    const delivery = one('POST /webhook');
    expect(delivery.traceId).not.toBe(incident.traceId);
    expect(delivery.links).toEqual([{ traceId: sender, spanId: '00000000000000aa' }]);
    const link = { traceId: delivery.traceId, spanId: delivery.spanId };
    const decisions = named('decide');
    expect(decisions.map(({ attributes }) => attributes['alert_bot.decision'])).toContain('act');
    for (const span of [one('triage'), ...decisions, incident]) expect(span.links).toEqual([link]);
    for (const span of [one('triage'), ...decisions]) expect(span.parentSpanId).toBe(incident.spanId);

    // People find it: in the API and in each line of the log that tells of it.
    expect((await bot.incident(1)).trace).toBe(incident.traceId);
    const told = bot.lines().filter((entry) => entry['incident'] === 1 && entry['alert'] === 'Broken');
    expect(told.length).toBeGreaterThan(4);
    for (const entry of told) expect(entry.trace_id).toBe(incident.traceId);
  }, 60_000);

  test('goes on in the same trace after kill -9, with all of the attempt that was cut off', async () => {
    const scene = sceneOf('killed');
    const first = await startBot(scene);
    // The proof is not found as long as Prometheus does not answer.
    const hold = Promise.withResolvers<void>();
    scene.before = (what) => (what === 'query' ? hold.promise : undefined);
    await first.fire('killed');
    await vi.waitFor(async () => expect((await first.incident(1)).status).toBe('proving'), soon);
    const { trace } = await first.incident(1);
    await first.kill();
    expect(named('incident')).toEqual([]);

    scene.before = () => undefined;
    hold.resolve();
    const second = await startBot(scene);
    await second.closed(1);
    await arrived('incident');
    const incident = one('incident');
    expect(trace).toMatch(/^[0-9a-f]{32}$/);
    expect(incident.traceId).toBe(trace);
    expect(incident.attributes['alert_bot.outcome']).toBe('healed');
    within(one('attempt'), incident);
    for (const name of ['evidence', 'restart', 'proof']) within(one(name), one('attempt'));
    expect((await second.incident(1)).trace).toBe(trace);
  }, 90_000);

  test('a backend that hangs changes nothing for it, and holds no stop up', async () => {
    receiver.behaviour = { kind: 'hang' };
    const bot = await startBot(sceneOf('hanging'));
    await bot.fire('hanging');
    await bot.closed(1);
    await vi.waitFor(() => expect(receiver.asked).toBeGreaterThan(0), soon);
    const began = performance.now();
    bot.child.kill('SIGTERM');
    expect((await bot.end).code).toBe(0);
    expect(performance.now() - began).toBeLessThan(6_000);
  }, 60_000);
});

describe('without a place to send it to', () => {
  test('the SDK is not imported, and an incident has no trace', async () => {
    const loaded = join(folder, 'loaded');
    const spy = join(folder, 'spy.mjs');
    writeFileSync(
      spy,
      `import { appendFileSync } from 'node:fs'; import { registerHooks } from 'node:module';
       registerHooks({ load(url, context, next) { appendFileSync(${JSON.stringify(loaded)}, url + '\\n'); return next(url, context); } });`,
    );
    const bot = await startBot(sceneOf('quiet'), {}, ['--import', spy]);
    await bot.fire('quiet');
    await bot.closed(1);
    expect((await bot.incident(1)).trace).toBeNull();
    const told = bot.lines().filter((entry) => entry['incident'] === 1);
    expect(told.length).toBeGreaterThan(4);
    expect(told.filter((entry) => 'trace_id' in entry)).toEqual([]);
    const modules = readFileSync(loaded, 'utf8');
    expect(modules).toContain('/pino/');
    // The API package, all calls of which do nothing, comes with prom-client.
    expect(modules).not.toMatch(/@opentelemetry\/(?!api\/)|import-in-the-middle|observe\/spans\.ts/);
  }, 60_000);

  test('a wrong variable is refused before anything is opened', async () => {
    const { end } = start([MAIN, 'serve'], {
      ALERT_BOT_PLATFORM: 'supervisor',
      ALERT_BOT_SUPERVISOR_SOCKET: supervisor.socket,
      ALERT_BOT_DATA_DIR: join(folder, 'data'),
      ALERT_BOT_PLAYBOOKS: join(folder, 'playbooks.yml'),
      ALERT_BOT_ALERTMANAGER_URLS: 'http://127.0.0.1:1',
      ALERT_BOT_PROMETHEUS_URL: 'http://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'tempo:4318',
    });
    const { code, err } = await end;
    expect(code).toBe(2);
    expect(err).toContain('OTEL_EXPORTER_OTLP_ENDPOINT');
    expect(err).toContain('give http://host:port of an OTLP receiver');
  });
});
