// Long because it walks the whole HTTP surface against one bot: every endpoint, its tokens and its bad input.
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { bootSupervisor, staying } from './../../supervisor/src/harness.ts';
import { OUTCOMES, STATUSES } from './domain/incident.ts';
import { explain, REASONS } from './domain/reason.ts';
import { CALL_RESULTS, REFUSALS } from './observe/metrics.ts';
import { ATTEMPT_OUTCOMES } from './store/attempts.ts';
import { ALERT_OUTCOMES, countPending } from './store/deliveries.ts';
import { setCircuit } from './store/targets.ts';
import { startBot, type TestBot } from './testing/bot.ts';
import { anAttempt, anIncident } from './testing/log.ts';

let supervisor: Awaited<ReturnType<typeof bootSupervisor>>;
beforeAll(async () => {
  supervisor = await bootSupervisor(`
processes:
  api: { command: ${staying()}, labels: { alert-bot.enable: 'true' } }
  payments: { command: ${staying()} }
  odd: { command: ${staying()}, labels: { alert-bot.enable: 'yes' } }
`);
});
afterAll(() => supervisor[Symbol.asyncDispose]());

const bot = (options = {}) => startBot(supervisor.socket, options);
const idle = () => bot({ idle: true });
const token = ({ folder }: TestBot, kind: 'webhook' | 'admin') =>
  readFileSync(join(folder, 'tokens', kind), 'utf8').trim();

/** What the tests reach into; what they compare whole stays as it came. */
const answer = z
  .looseObject({
    delivery: z.string(),
    decisions: z.array(z.unknown()),
    status: z.unknown(),
    detail: z.string(),
    incidents: z.array(z.looseObject({ id: z.number() })),
    timeline: z.array(z.looseObject({ kind: z.string() })),
    targets: z.array(
      z.looseObject({
        resetAt: z.string().nullable(),
        instances: z.array(z.looseObject({ startedAt: z.string() })),
      }),
    ),
    paused: z.unknown(),
    until: z.string().nullable(),
    reset: z.string(),
  })
  .partial();

async function ask(one: TestBot, path: string, init: RequestInit & { as?: string } = {}) {
  const { as, ...rest } = init;
  const headers = { ...(as === undefined ? {} : { authorization: `Bearer ${as}` }) };
  const response = await one.app.request(path, { ...rest, headers });
  return { status: response.status, json: answer.parse(await response.json()) };
}

async function metricsOf(one: TestBot): Promise<Map<string, number>> {
  const text = await (await one.app.request('/metrics')).text();
  return new Map(
    text
      .split('\n')
      .filter((line) => line.startsWith('alert_bot_'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}
const metric = async (one: TestBot, series: string) => (await metricsOf(one)).get(series);

const post = (one: TestBot, body: unknown, query = '') =>
  ask(one, `/webhook${query}`, {
    method: 'POST',
    as: token(one, 'webhook'),
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const get = (one: TestBot, path: string) => ask(one, `/api/v1${path}`, { as: token(one, 'admin') });
const command = (one: TestBot, path: string, body: unknown) =>
  ask(one, `/api/v1${path}`, {
    method: 'POST',
    as: token(one, 'admin'),
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

const errors = (service = 'api', more = {}) => ({
  status: 'firing',
  labels: { alertname: 'HighErrorRate', service, ...more },
});

const kept = ({ deps }: TestBot) => deps.db.prepare('SELECT id, state, body FROM deliveries').all();

describe('POST /webhook', () => {
  test('G1: answers 202 with delivery, accepted and rejected, and nothing else', async () => {
    await using one = idle();
    const body = JSON.stringify({ alerts: [errors(), { labels: { port: 80 } }] });
    const { status, json } = await post(one, body);
    expect(status).toBe(202);
    const field = 'alerts.1.labels.port';
    expect(json).toEqual({
      delivery: expect.stringMatching(/^[0-9a-z]{9}-[0-9a-f]{12}$/),
      accepted: 1,
      rejected: [{ index: 1, field, message: `${field}: a label value is a string` }],
    });
    expect(kept(one)).toEqual([{ id: json.delivery, state: 'pending', body }]);
  });

  test('takes the short form, and a delivery with nothing in it', async () => {
    await using one = idle();
    for (const [body, accepted] of [
      [errors(), 1],
      [{ alerts: [] }, 0],
    ] as const)
      expect(await post(one, body)).toMatchObject({ status: 202, json: { accepted, rejected: [] } });
  });

  test('a delivery of bad alerts only is a 400 that names the field, and is kept', async () => {
    await using one = idle();
    const { status, json } = await post(one, { alerts: [{ labels: {} }, 7] });
    expect(status).toBe(400);
    expect(json).toMatchObject({
      code: 'invalid',
      field: 'alerts.0.labels',
      detail: 'alerts.0.labels: an alert has at least one label',
      accepted: 0,
      rejected: [{ index: 0 }, { index: 1 }],
    });
    expect(kept(one)).toMatchObject([{ id: json.delivery, state: 'rejected' }]);
  });

  test.each([
    ['no JSON', '{', '(body)', /^the body is not JSON: /, 'not_json'],
    ['no payload', '[]', '(body)', /^\(body\): send Alertmanager's payload/, 'invalid'],
    [
      'a version from the future',
      '{"version":"5","alerts":[]}',
      'version',
      /^version: only version "4"/,
      'invalid',
    ],
  ])('%s is a 400 with a sentence, and nothing is kept', async (_, body, field, message, why) => {
    await using one = idle();
    const { status, json } = await post(one, body);
    expect(status).toBe(400);
    expect(json).toMatchObject({ code: 'invalid', field, detail: expect.stringMatching(message) });
    expect(kept(one)).toEqual([]);
    expect(await metric(one, `alert_bot_webhook_refused_total{why="${why}"}`)).toBe(1);
  });

  test('G1: a log that cannot be written is a 503, nothing is kept, and the next try is taken', async () => {
    await using one = idle();
    expect(await metric(one, 'alert_bot_store_writable')).toBe(1);
    one.deps.db.pragma('query_only = ON');
    const refused = await post(one, errors());
    expect(refused).toMatchObject({
      status: 503,
      json: {
        code: 'log_unavailable',
        detail: expect.stringMatching(
          /^the incident log cannot be written: .*; nothing was accepted, send it again$/,
        ),
      },
    });
    // G14: and it shows to whoever watches the bot.
    expect(await metric(one, 'alert_bot_store_writable')).toBe(0);
    expect(await (await one.app.request('/readyz')).json()).toMatchObject({
      problems: [expect.stringMatching(/^the incident log cannot be written: /)],
    });
    one.deps.db.pragma('query_only = OFF');
    expect(kept(one)).toEqual([]);
    expect((await post(one, errors())).status).toBe(202);
    expect(await metric(one, 'alert_bot_store_writable')).toBe(1);
    expect(countPending(one.deps.db)).toBe(1);
  });

  test('G1: a full disk is a 503 as well', async () => {
    await using one = idle();
    one.deps.db.pragma('max_page_count = 1');
    const large = errors('x'.repeat(100_000));
    const answers = await Promise.all([post(one, large), post(one, large), post(one, large)]);
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(kept(one)).toEqual([]);
    expect(await metric(one, 'alert_bot_webhook_refused_total{why="log_unavailable"}')).toBe(3);
  });

  test('over 8 MB is a 413 with a sentence, whether the size is announced or not', async () => {
    await using one = idle();
    const server = createAdaptorServer({ fetch: one.app.fetch });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const send = async (body: RequestInit['body']) => {
      const response = await fetch(`http://127.0.0.1:${address.port}/webhook`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token(one, 'webhook')}` },
        body: body ?? null,
        duplex: 'half',
      });
      return { status: response.status, json: await response.json() };
    };
    const tooLarge = {
      status: 413,
      json: { code: 'too_large', detail: 'the body is over 8 MB; send fewer alerts' },
    };
    const text = JSON.stringify(errors('x'.repeat(8 * 1024 * 1024)));
    const chunks = () =>
      new ReadableStream({
        start(controller) {
          const bytes = new TextEncoder().encode(text);
          for (let at = 0; at < bytes.length; at += 1_000_000)
            controller.enqueue(bytes.subarray(at, at + 1_000_000));
          controller.close();
        },
      });
    expect(await send(text)).toMatchObject(tooLarge);
    expect(await send(chunks())).toMatchObject(tooLarge);
    expect(kept(one)).toEqual([]);
    expect(await metric(one, 'alert_bot_webhook_refused_total{why="too_large"}')).toBe(2);
    // It is the caller's doing, not a failure of the bot.
    expect(one.logged()).not.toContain('failure in');
    server.close();
    await once(server, 'close');
  });
});

describe('a body that is none', () => {
  const broken = () =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"by":'));
        controller.error(new Error('aborted'));
      },
    });
  const send = (one: TestBot, path: string, as: string, body: NonNullable<RequestInit['body']>) =>
    ask(one, path, { method: 'POST', as, body, duplex: 'half' });

  test.each(['/webhook', '/api/v1/pause', '/api/v1/simulate'])(
    'a client that goes away in the middle of it is no failure of the bot: %s',
    async (path) => {
      await using one = idle();
      const answer = await send(one, path, token(one, path === '/webhook' ? 'webhook' : 'admin'), broken());
      expect(answer).toMatchObject({
        status: 400,
        json: { detail: 'the body broke off before its end: send it again' },
      });
      expect(await metric(one, 'alert_bot_failures_total{where="http"}')).toBe(0);
      expect(one.logged()).not.toContain('failure in');
    },
  );

  test('an order of over 1 MB is a 413, and is not parsed', async () => {
    await using one = idle();
    const why = 'x'.repeat(1024 * 1024);
    for (const path of ['/pause', '/simulate'])
      expect(await command(one, path, { by: 'ada', why })).toMatchObject({
        status: 413,
        json: { code: 'too_large', detail: 'the body is over 1 MB; send less at once' },
      });
  });
});

describe('?wait=', () => {
  test.each(['soon', '', '5', '-1s', '61s', '1h'])(
    '"%s" is refused before anything is kept',
    async (wait) => {
      await using one = idle();
      expect(await post(one, errors(), `?wait=${wait}`)).toMatchObject({
        status: 400,
        json: {
          code: 'invalid',
          field: 'wait',
          detail: `wait=${wait}: write a duration of at most 60s, such as wait=10s`,
        },
      });
      expect(kept(one)).toEqual([]);
    },
  );

  test('adds the decisions to the answer', async () => {
    await using one = bot();
    const { status, json } = await post(
      one,
      {
        alerts: [
          errors('payments'),
          errors('nobody'),
          { labels: { alertname: 'Unknown' } },
          { labels: { alertname: 'Watchdog' } },
          { labels: { ...errors().labels, origin: 'alert-bot' } },
          { ...errors('late'), status: 'resolved' },
          { labels: {} },
        ],
      },
      '?wait=10s',
    );
    expect(status).toBe(202);
    expect(json).toMatchObject({ accepted: 6, rejected: [{ index: 6 }] });
    const none = { incident: null, target: null, decision: 'none' };
    const decided = (kind: string, reason: Parameters<typeof explain>[0]) => ({
      outcome: 'new',
      decision: kind,
      reason,
      explanation: explain(reason),
    });
    expect(json.decisions).toMatchObject([
      { index: 0, target: 'supervisor:payments', ...decided('skip', 'not_opted_in') },
      { index: 1, target: 'supervisor:nobody', ...decided('escalate', 'no_target') },
      { index: 2, target: null, ...decided('skip', 'no_playbook') },
      { index: 3, outcome: 'heartbeat', ...none },
      { index: 4, outcome: 'own', ...none },
      { index: 5, outcome: 'late', ...none },
    ]);
    expect(await supervisor.events('payments')).toEqual(['start']);
  });

  test('one that acts says so, and a repeat joins what is there', async () => {
    await using one = bot();
    const first = await post(one, errors(), '?wait=10s');
    expect(first.json.decisions).toMatchObject([
      { outcome: 'new', target: 'supervisor:api', decision: 'act', reason: 'first_attempt' },
    ]);
    const second = await post(one, errors(), '?wait=10s');
    expect(second.json.decisions).toMatchObject([{ outcome: 'duplicate', decision: 'act' }]);
    await expect.poll(() => supervisor.events('api')).toContain('stop');
  });

  test('answers when the time is over, with what was decided by then', async () => {
    await using one = idle();
    const { status, json } = await post(one, errors(), '?wait=10ms');
    expect(status).toBe(202);
    expect(json).toMatchObject({ accepted: 1, decisions: [] });
  });
});

describe('G12: tokens', () => {
  const LEND = (kind: string, what: string) =>
    `${what}; send "Authorization: Bearer <token>" with a token of tokens/${kind} in the data folder (alert-bot token ${kind})`;

  test.each([
    ['POST', '/webhook', 'webhook', 'admin'],
    ['GET', '/api/v1/incidents', 'admin', 'webhook'],
    ['GET', '/api/v1/incidents/1', 'admin', 'webhook'],
    ['GET', '/api/v1/targets', 'admin', 'webhook'],
    ['POST', '/api/v1/pause', 'admin', 'webhook'],
    ['POST', '/api/v1/resume', 'admin', 'webhook'],
    ['POST', '/api/v1/targets/supervisor%3Aapi/reset', 'admin', 'webhook'],
    ['GET', '/api/v1/nothing', 'admin', 'webhook'],
  ] as const)('%s %s wants the %s token, and no other', async (method, path, kind, wrong) => {
    await using one = idle();
    const init = method === 'POST' ? { method, body: '{"alerts":[]}' } : { method };
    const refusal = (what: string) => ({
      status: 401,
      json: { code: 'unauthorized', detail: LEND(kind, what) },
    });
    expect(await ask(one, path, init)).toMatchObject(refusal('no bearer token was sent'));
    for (const as of [token(one, wrong), 'x', `${token(one, kind)}x`, token(one, kind).slice(1)])
      expect(await ask(one, path, { ...init, as })).toMatchObject(refusal('the token is not valid here'));
    expect((await ask(one, path, { ...init, as: token(one, kind) })).status).not.toBe(401);
    const unnamed = await one.app.request(path, { ...init, headers: { authorization: token(one, kind) } });
    expect(unnamed.status).toBe(401);
    expect(unnamed.headers.get('www-authenticate')).toBe('Bearer');
  });

  test('a refused webhook keeps nothing and is counted', async () => {
    await using one = idle();
    await ask(one, '/webhook', { method: 'POST', body: JSON.stringify(errors()) });
    expect(kept(one)).toEqual([]);
    expect(await metric(one, 'alert_bot_webhook_refused_total{why="unauthorized"}')).toBe(1);
  });

  test('two are valid at once, and a rotated file counts without a restart', async () => {
    await using one = idle();
    const old = token(one, 'webhook');
    const send = async (as: string) =>
      (await ask(one, '/webhook', { method: 'POST', body: '{"alerts":[]}', as })).status;
    const file = join(one.folder, 'tokens', 'webhook');
    writeFileSync(file, `${old}\n\n# the new one\nnew-token\n`);
    expect([await send(old), await send('new-token')]).toEqual([202, 202]);
    writeFileSync(file, 'new-token\n');
    expect([await send(old), await send('new-token')]).toEqual([401, 202]);
  });

  test('none ever stands in the log or in an answer', async () => {
    await using one = bot();
    const tokens = [token(one, 'webhook'), token(one, 'admin')];
    const answers = [
      await post(one, errors('nobody'), '?wait=5s'),
      await post(one, '{'),
      await ask(one, '/webhook', { method: 'POST', as: token(one, 'admin'), body: '{}' }),
      await ask(one, '/api/v1/incidents', { as: token(one, 'webhook') }),
      await get(one, '/incidents'),
      await get(one, '/incidents/1'),
      await command(one, '/pause', { by: 'ada' }),
      await command(one, '/pause', '{'),
      [...(await metricsOf(one)).keys()],
      await ask(one, '/readyz'),
    ];
    expect(one.logged()).toContain('webhook refused');
    for (const secret of tokens) {
      expect(one.logged()).not.toContain(secret);
      expect(JSON.stringify(answers)).not.toContain(secret);
    }
  });
});

describe('without a token', () => {
  test('/healthz says that the process serves', async () => {
    await using one = idle();
    expect(await ask(one, '/healthz')).toEqual({ status: 200, json: { status: 'ok' } });
  });

  test('G14: /readyz says what is in the way', async () => {
    await using one = bot();
    one.deps.db.pragma('query_only = ON');
    one.deps.wake();
    await expect.poll(async () => (await ask(one, '/readyz')).status, { timeout: 15_000 }).toBe(503);
    expect((await ask(one, '/readyz')).json).toMatchObject({
      status: 'not_ready',
      problems: [expect.stringMatching(/^the incident log cannot be written: /)],
    });
    one.deps.db.pragma('query_only = OFF');
    one.deps.wake();
    await expect.poll(async () => (await ask(one, '/readyz')).json.status).toBe('ready');
  });

  test('/metrics has every label value at 0 on the first scrape', async () => {
    await using one = idle();
    const values = await metricsOf(one);
    const zero = (name: string, labels: Record<string, readonly string[]>) => {
      const names = Object.keys(labels);
      const sets = Object.values(labels).reduce<string[][]>(
        (all, choices) => all.flatMap((set) => choices.map((choice) => [...set, choice])),
        [[]],
      );
      return sets.map(
        (set) => `alert_bot_${name}{${set.map((value, i) => `${names[i]}="${value}"`).join(',')}}`,
      );
    };
    const expected = [
      ...Object.entries(REASONS).flatMap(([kind, reason]) =>
        zero('decisions_total', { kind: [kind], reason }),
      ),
      ...zero('alerts_total', { outcome: ALERT_OUTCOMES }),
      ...zero('attempts_total', { outcome: ATTEMPT_OUTCOMES }),
      ...zero('incidents_closed_total', { outcome: OUTCOMES }),
      ...zero('incidents', { status: STATUSES }),
      ...zero('webhook_refused_total', { why: REFUSALS }),
      ...zero('deliveries_total', { source: ['alertmanager', 'manual'] }),
      ...zero('escalation_sendings_total', { result: ['sent', 'failed'] }),
      ...zero('platform_calls_total', { verb: ['restart', 'start'], result: CALL_RESULTS }),
      'alert_bot_pending_deliveries',
      'alert_bot_paused',
      'alert_bot_heartbeat_timestamp_seconds',
      'alert_bot_heal_duration_seconds_count',
    ];
    expect(expected.filter((series) => values.get(series) !== 0)).toEqual([]);
  });

  test('G4: /metrics says of each target that may be acted on, and of no other, what is left to it', async () => {
    await using one = idle();
    const ofTargets = async () =>
      [...(await metricsOf(one))].filter(([series]) => series.startsWith('alert_bot_target_'));
    expect(await ofTargets()).toEqual([
      ['alert_bot_target_quarantined{target="supervisor:api"}', 0],
      ['alert_bot_target_budget_left{target="supervisor:api",per="30m"}', 3],
    ]);
    const { db, now } = one.deps;
    setCircuit(db, 'supervisor:api', { open: true, until: now() + 60_000, times: 1 });
    anAttempt(db, anIncident(db, {}, now()), now());
    expect((await ofTargets()).map(([, value]) => value)).toEqual([1, 2]);
  });

  test('what is not there is a 404 in JSON', async () => {
    await using one = idle();
    for (const [method, path] of [
      ['GET', '/nothing'],
      ['GET', '/webhook/x'],
      ['POST', '/healthz'],
    ])
      expect(await ask(one, path ?? '', { method: method ?? '' })).toMatchObject({
        status: 404,
        json: {
          code: 'not_found',
          detail: `there is no ${method} ${path}; the README lists what there is`,
        },
      });
  });
});

describe('GET /api/v1/incidents', () => {
  test('lists newest first, in pages, by status and target', async () => {
    await using one = idle();
    for (let i = 1; i <= 3; i++) anIncident(one.deps.db, { target: `supervisor:${i}` });
    const ids = async (query: string) =>
      (await get(one, `/incidents${query}`)).json.incidents?.map(({ id }) => id);
    expect(await ids('')).toEqual([3, 2, 1]);
    expect(await ids('?limit=2')).toEqual([3, 2]);
    expect(await ids('?limit=2&before=2')).toEqual([1]);
    expect(await ids('?status=new&target=supervisor%3A2')).toEqual([2]);
    expect(await ids('?status=closed')).toEqual([]);
  });

  test.each([
    ['?status=opened', 'status', `status: one of open, ${STATUSES.join(', ')}`],
    ['?limit=many', 'limit', 'limit: a number from 1 to 500'],
    ['?limit=0', 'limit', 'limit: a number from 1 to 500'],
    ['?limit=501', 'limit', 'limit: a number from 1 to 500'],
    ['?before=last', 'before', 'before: an incident number'],
    ['?before=-1', 'before', 'before: an incident number'],
    [
      '?statsu=new',
      '(query)',
      '(query): there is no "statsu"; there are status, target, service, playbook, reason, outcome, severity, from, to, before, cursor, limit',
    ],
  ])('%s is refused by field', async (query, field, message) => {
    await using one = idle();
    expect(await get(one, `/incidents${query}`)).toMatchObject({
      status: 400,
      json: { code: 'invalid', field, detail: message },
    });
  });

  test('one of them has the whole story', async () => {
    await using one = bot();
    await post(one, errors('nobody', { severity: 'critical' }), '?wait=10s');
    const { json } = await get(one, '/incidents/1');
    const iso = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(json).toMatchObject({
      id: 1,
      target: 'supervisor:nobody',
      title: 'HighErrorRate',
      severity: 'critical',
      playbook: 'errors',
      status: 'escalated',
      reason: 'no_target',
      explanation: explain('no_target'),
      openedAt: iso,
      closedAt: null,
      episodes: [{ source: 'manual', openedAt: iso, closedAt: null, labels: { service: 'nobody' } }],
      decisions: [
        {
          kind: 'escalate',
          reason: 'no_target',
          at: iso,
          count: 1,
          explanation: explain('no_target'),
          facts: {
            target: { found: 'none', asked: 'no service is called "nobody"' },
            alert: { state: 'firing' },
          },
        },
      ],
      attempts: [],
      evidence: [],
      escalations: [
        { reason: 'no_target', labels: { alertname: 'RemediationEscalated', origin: 'alert-bot' } },
      ],
    });
    expect(json.timeline?.map(({ kind }) => kind)).toEqual(['alert', 'decision', 'status', 'escalation']);
  });

  test.each(['7', '0', 'x', '1.5', '-1', '99999999999999999999', '%00'])('/%s is a 404', async (id) => {
    await using one = idle();
    const { status, json } = await get(one, `/incidents/${id}`);
    expect(status).toBe(404);
    expect(json.detail).toContain('GET /api/v1/incidents lists them');
  });
});

describe('targets', () => {
  test('are listed as the platform has them, with what the bot thinks of each', async () => {
    await using one = idle();
    anIncident(one.deps.db);
    const { json } = await get(one, '/targets');
    expect(json).toMatchObject({
      paused: null,
      targets: [
        {
          id: 'supervisor:api',
          service: 'api',
          optedIn: true,
          invalidLabel: null,
          incident: 1,
          quarantine: null,
        },
        { id: 'supervisor:payments', optedIn: false, incident: null },
        {
          id: 'supervisor:odd',
          optedIn: false,
          invalidLabel: expect.stringContaining('write "true" or "false"'),
        },
      ],
    });
    const [instance] = json.targets?.[0]?.instances ?? [];
    expect(instance).toMatchObject({ name: 'api', running: true });
    expect(Date.parse(instance?.startedAt ?? '')).toBeGreaterThan(0);
  });

  test('a platform that is away is a 503 with its sentence', async () => {
    await using one = startBot('/nowhere/s.sock', { idle: true });
    for (const answer of [
      await get(one, '/targets'),
      await command(one, '/targets/supervisor%3Aapi/reset', { by: 'ada' }),
    ])
      expect(answer).toMatchObject({
        status: 503,
        json: {
          code: 'platform_unavailable',
          detail: expect.stringContaining('/nowhere/s.sock'),
        },
      });
  });

  test('G13: a reset is by somebody, for a reason, and is kept', async () => {
    await using one = idle();
    anIncident(one.deps.db);
    const { status, json } = await command(one, '/targets/supervisor%3Aapi/reset', {
      by: ' ada ',
      why: 'fixed',
    });
    expect(status).toBe(200);
    expect(json).toEqual({ target: 'supervisor:api', reset: expect.stringMatching(/Z$/) });
    expect(one.deps.db.prepare('SELECT by, why, action, subject FROM audit').all()).toEqual([
      { by: 'ada', why: 'fixed', action: 'reset', subject: 'supervisor:api' },
    ]);
    expect((await get(one, '/incidents/1')).json.timeline).toMatchObject([
      { kind: 'person', text: 'ada reset the target: fixed' },
    ]);
    const [api] = (await get(one, '/targets')).json.targets ?? [];
    expect(api?.resetAt).toBe(json.reset);
  });

  test.each([
    ['supervisor%3Aapj', 'supervisor:apj'],
    ['docker%3Aservice%3Ashop%2Fapi', 'docker:service:shop/api'],
    ['api', 'api'],
  ])('%s is not known, and the answer says which are', async (encoded, id) => {
    await using one = idle();
    expect(await command(one, `/targets/${encoded}/reset`, { by: 'ada' })).toMatchObject({
      status: 404,
      json: {
        code: 'not_found',
        detail: `there is no target ${id}; there are: supervisor:api, supervisor:payments, supervisor:odd`,
      },
    });
    expect(one.deps.db.prepare('SELECT count(*) FROM targets').pluck().get()).toBe(0);
  });
});

describe('G13: pause and resume', () => {
  test('hold, say who and why, and are kept', async () => {
    await using one = idle();
    const paused = await command(one, '/pause', { by: 'ada', why: 'deploy', for: '5m' });
    expect(paused).toMatchObject({ status: 200, json: { paused: true, by: 'ada', why: 'deploy' } });
    const inFive = Date.parse(paused.json.until ?? '') - Date.now();
    expect(inFive).toBeGreaterThan(4 * 60_000);
    expect(inFive).toBeLessThanOrEqual(5 * 60_000);
    expect((await get(one, '/targets')).json.paused).toEqual({
      by: 'ada',
      scope: 'all',
      why: 'deploy',
      at: expect.stringMatching(/Z$/),
      until: paused.json.until,
    });
    expect(await metric(one, 'alert_bot_paused')).toBe(1);
    expect(await command(one, '/resume', { by: 'bob' })).toMatchObject({ json: { paused: false, ended: 1 } });
    expect((await get(one, '/targets')).json.paused).toBeNull();
    expect(await metric(one, 'alert_bot_paused')).toBe(0);
    expect(one.deps.db.prepare('SELECT by, action, subject FROM audit').all()).toEqual([
      { by: 'ada', action: 'pause', subject: 'all for 5m' },
      { by: 'bob', action: 'resume', subject: 'all' },
    ]);
  });

  test('without an end until somebody resumes', async () => {
    await using one = idle();
    expect(await command(one, '/pause', { by: 'ada' })).toMatchObject({ json: { until: null } });
  });

  test.each([
    ['/pause', '', 'by', 'by: say who you are'],
    ['/pause', '{', '(body)', 'the body is not JSON: send {"by":"your name","why":"…"}'],
    ['/pause', '[]', '(body)', '(body): send {"by":"your name","why":"…"}'],
    ['/pause', 'null', '(body)', '(body): send {"by":"your name","why":"…"}'],
    ['/pause', '{"by":" "}', 'by', 'by: say who you are'],
    ['/pause', '{"by":"ada","why":1}', 'why', 'why: a text'],
    ['/pause', '{"by":"ada","for":"5"}', 'for', 'for: "5" is not a duration: write one such as 5m'],
    ['/pause', '{"by":"ada","for":5}', 'for', 'for: write a duration such as "5m"'],
    ['/pause', '{"by":"ada","for":"0s"}', 'for', 'for: "0s" is not a duration: write one such as 5m'],
    [
      '/pause',
      '{"by":"ada","for":"200000y"}',
      'for',
      'for: "200000y" is too long: leave it out to pause until resume',
    ],
    [
      '/pause',
      '{"by":"ada","fro":"5m"}',
      '(body)',
      '(body): there is no "fro"; there are by, why, for, scope',
    ],
    ['/resume', '{"by":"ada","for":"5m"}', '(body)', '(body): there is no "for"; there are by, why, scope'],
    ['/targets/supervisor%3Aapi/reset', '{}', 'by', 'by: say who you are'],
  ])('%s with %s is refused by field, and changes nothing', async (path, body, field, message) => {
    await using one = idle();
    expect(await command(one, path, body)).toMatchObject({
      status: 400,
      json: { code: 'invalid', field, detail: message },
    });
    expect(one.deps.db.prepare('SELECT count(*) FROM audit').pluck().get()).toBe(0);
    expect((await get(one, '/targets')).json.paused).toBeNull();
  });

  test('a log that cannot be written is a 503 that says so: the pause does not hold', async () => {
    await using one = idle();
    one.deps.db.pragma('query_only = ON');
    for (const path of ['/pause', '/resume', '/targets/supervisor%3Aapi/reset'])
      expect(await command(one, path, { by: 'ada' })).toMatchObject({
        status: 503,
        json: {
          code: 'log_unavailable',
          detail: expect.stringMatching(
            /^the incident log cannot be written: .*; nothing was changed, try again$/,
          ),
        },
      });
  });
});

test('a defect is a 500 in fixed words, with the details in the log only', async () => {
  await using one = idle();
  one.deps.db.exec('DROP TABLE pauses');
  expect(await command(one, '/pause', { by: 'ada' })).toMatchObject({
    status: 500,
    json: {
      code: 'internal',
      detail: 'The bot failed at its own work; its log says why. Alertmanager tries again.',
    },
  });
  expect(one.logged()).toContain('no such table: pauses');
});
