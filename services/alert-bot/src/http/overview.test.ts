import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { bootSupervisor, staying } from '../../../supervisor/src/harness.ts';
import { createApart } from '../apart/apart.ts';
import { createCounts } from '../apart/count.ts';
import { formatPlaybookError, loadPlaybooks } from '../config/playbooks.ts';
import { changeStatus } from '../store/incidents.ts';
import { PLAYBOOKS, startBot, type TestBot } from '../testing/bot.ts';
import { again, anIncident } from '../testing/log.ts';
import { createApi } from './api.ts';
import { answerError } from './errors.ts';
import { fire, get, order, tokenOf } from './harness.ts';
import { notesAbout } from './ops.ts';

let supervisor: Awaited<ReturnType<typeof bootSupervisor>>;
beforeAll(async () => {
  supervisor = await bootSupervisor(`
processes:
  api: { command: ${staying()}, labels: { alert-bot.enable: 'true' }, depends_on: [db] }
  db: { command: ${staying()} }
  open: { command: ${staying()}, labels: { alert-bot.enable: 'true', alert-bot.mode: approve } }
`);
});
afterAll(() => supervisor[Symbol.asyncDispose]());
const bot = (options = {}) => startBot(supervisor.socket, options);
const ada = { by: 'ada', why: 'a test' };
const status = async (one: TestBot) => (await get(one, '/status')).json;

describe('GET /api/v1/status', () => {
  test('is well where nothing is the matter, and says when the heartbeat came', async () => {
    await using one = bot({ idle: true });
    expect(await status(one)).toMatchObject({
      state: 'healthy',
      sentence: 'Nothing is open. The heartbeat has not arrived yet.',
      incidents: {},
      heartbeat: { lastAt: null },
      ready: true,
      problems: [],
      storm: null,
      paused: null,
    });
  });

  test('needs you while a page is not acknowledged or a question not answered, and no longer', async () => {
    await using one = bot();
    await fire(one, 'nobody');
    await fire(one, 'open');
    expect(await status(one)).toMatchObject({
      state: 'needs_you',
      sentence: 'It needs you: one question waits for your answer, and one incident was handed to a person.',
      incidents: { escalated: 1, awaiting_approval: 1 },
      questions: 1,
      pages: 1,
    });
    expect((await order(one, '/incidents/1/acknowledge', ada)).status).toBe(200);
    expect((await order(one, '/incidents/2/reject', ada)).status).toBe(200);
    expect(await status(one)).toMatchObject({
      state: 'healing',
      sentence: 'One incident is with a person; nothing else is open.',
      questions: 0,
      pages: 0,
    });
  });

  test('tells who paused what', async () => {
    await using one = bot({ idle: true });
    await order(one, '/pause', { ...ada, scope: 'target:supervisor:api' });
    expect(await status(one)).toMatchObject({
      state: 'healthy',
      sentence: 'Nothing is open. The heartbeat has not arrived yet. One pause holds.',
      paused: null,
    });
    await order(one, '/pause', { ...ada, for: '5m' });
    expect(await status(one)).toMatchObject({
      state: 'paused',
      sentence: 'Ada paused the bot: it decides and records, and does nothing.',
      paused: { by: 'ada', scope: 'all' },
      pauses: [{ scope: 'all' }, { scope: 'target:supervisor:api' }],
    });
    expect((await get(one, '/pauses')).json).toMatchObject({ pauses: [{ by: 'ada' }, { why: 'a test' }] });
  });

  test('what the bot cannot do comes first', async () => {
    await using one = bot({ idle: true });
    const readiness = { problems: () => ['the disk is full'], notes: () => notesAbout('clock', ['a note']) };
    const { app } = createApi(one.deps, readiness, createApart(one.deps));
    expect(await (await app.request('/status')).json()).toMatchObject({
      state: 'needs_you',
      sentence: 'It needs you: the bot cannot do its work. The disk is full.',
      ready: false,
      problems: ['the disk is full'],
      notes: ['a note'],
    });
  });
});

describe('GET /api/v1/targets/:id', () => {
  test('has what it depends on, and its latest incidents only', async () => {
    await using one = bot({ idle: true });
    const { db } = one.deps;
    for (let i = 0; i < 12; i++) {
      const { id } = anIncident(db);
      changeStatus(db, again(db, id), 'closed', { outcome: 'recovered' }, one.deps.now());
    }
    anIncident(db, { target: 'supervisor:db' });
    const { status, json } = await get(one, '/targets/supervisor%3Aapi');
    expect(status).toBe(200);
    expect(json).toMatchObject({
      id: 'supervisor:api',
      optedIn: true,
      dependsOn: [{ id: 'supervisor:db' }],
      incident: null,
      quarantine: null,
    });
    expect(
      z
        .array(z.looseObject({ id: z.number() }))
        .parse(json['incidents'])
        .map(({ id }) => id),
    ).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
    expect((await get(one, '/targets/supervisor%3Anobody')).json).toMatchObject({
      code: 'not_found',
      detail: expect.stringContaining('there is no target supervisor:nobody; there are: supervisor:'),
    });
  });
});

describe('GET /api/v1/playbooks', () => {
  const FILE = `
defaults: { mode: act, cooldown: 1h, budgets: [ { attempts: 3, per: 30m } ] }
playbooks:
  - name: all-errors
    matchers: [ 'alertname=~"HighErrorRate|HighLatency"' ]
    target: { service: '{{ $labels.service }}' }
    steps: [ { restart: { timeout: 1s, attempts: 3 } }, { escalate: {} } ]
  - name: errors
    mode: approve
    quarantine: manual
    matchers: [ 'alertname="HighErrorRate"', 'severity="critical"' ]
    target: { service: api }
    steps: [ { restart: {} } ]
  - name: never
    matchers: [ 'a="1"', 'a="2"' ]
    target: { service: api }
    steps: [ { restart: {} } ]
`;

  test('has each as it is understood, what shadows it, what is suspicious, and how it fared', async () => {
    await using one = bot({ idle: true });
    const { db } = one.deps;
    const loaded = loadPlaybooks(FILE, 'playbooks.yml');
    if ('errors' in loaded) throw new Error(loaded.errors.map(formatPlaybookError).join('\n'));
    const healed = anIncident(db, { playbook: 'all-errors' }, one.deps.now() - 90_000);
    db.prepare(
      "UPDATE incidents SET status = 'closed', outcome = 'healed', closed_at = opened_at + 60000 WHERE id = ?",
    ).run(healed.id);
    const { app } = createApi(
      { ...one.deps, playbooks: () => loaded.file },
      { problems: () => [], notes: () => [] },
      createApart(one.deps),
    );
    await order(one, '/pause', { ...ada, scope: 'playbook:errors' });
    const answer = await (await app.request('/playbooks')).json();
    expect(answer).toMatchObject({
      playbooks: [
        {
          name: 'all-errors',
          mode: 'act',
          matchers: ['alertname=~"HighErrorRate|HighLatency"'],
          service: '{{ $labels.service }}',
          steps: [{ kind: 'restart', timeout: '1s', attempts: 3 }, { kind: 'escalate' }],
          limits: { cooldown: '1h', budgets: [{ attempts: 3, per: '30m' }] },
          shadowedBy: [],
          warnings: [expect.stringContaining('cooldown: is not shorter than'), expect.any(String)],
          record: { counted: 1, healed: 1, successRate: 1, medianTimeToHealMs: 60_000 },
        },
        {
          name: 'errors',
          mode: 'approve',
          limits: { quarantine: 'manual' },
          shadowedBy: ['all-errors'],
          record: { counted: 0, successRate: null },
        },
        { name: 'never', warnings: expect.arrayContaining([expect.stringContaining('can never match')]) },
      ],
    });
  });

  test('the pause of a playbook is told with it', async () => {
    await using one = bot({ idle: true });
    await order(one, '/pause', { ...ada, scope: 'playbook:errors' });
    expect((await get(one, '/playbooks')).json).toMatchObject({
      playbooks: [{ name: 'errors', paused: { by: 'ada', scope: 'playbook:errors' } }],
    });
  });
});

test('GET /api/v1/playbooks/text: the file that is in force, to the byte', async () => {
  await using one = bot({ idle: true });
  const headers = { authorization: `Bearer ${tokenOf(one, 'admin')}` };
  const answer = await one.app.request('/api/v1/playbooks/text', { headers });
  expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(await answer.text()).toBe(PLAYBOOKS);
});

describe('GET /api/v1/stats', () => {
  test('counts by the time at which it happened, in full days or hours', async () => {
    await using one = bot({ idle: true });
    const { db } = one.deps;
    const at = Date.UTC(2026, 0, 31, 23, 59);
    for (let i = 0; i < 3; i++) {
      const { id } = anIncident(db, { target: `supervisor:${i}` }, at + i);
      if (i > 0) changeStatus(db, viaProving(db, id, at), 'closed', { outcome: 'healed' }, at + i * 60_000);
    }
    const day = (from: string) => ({ from, opened: 0, actions: 0, halfHealedWithinSeconds: null });
    const none = { healed: 0, recovered: 0, handed_over: 0, dismissed: 0 };
    expect((await get(one, '/stats?from=2026-01-30T10:00:00Z&to=2026-02-02&by=day')).json).toEqual({
      by: 'day',
      parts: [
        { ...day('2026-01-30T00:00:00.000Z'), closed: none },
        { ...day('2026-01-31T00:00:00.000Z'), opened: 3, closed: none },
        {
          ...day('2026-02-01T00:00:00.000Z'),
          closed: { ...none, healed: 2 },
          halfHealedWithinSeconds: 64,
        },
      ],
    });
    const hours = (await get(one, '/stats?from=2026-01-31T22:30:00Z&to=2026-02-01T00:00:01Z')).json;
    expect(hours).toMatchObject({
      by: 'hour',
      parts: [{ opened: 0 }, { opened: 3 }, { closed: { healed: 2 } }],
    });
  });

  test('with a filter: what matches it, counted apart, in the same shape', async () => {
    await using one = bot({ idle: true });
    const { db } = one.deps;
    const at = Date.UTC(2026, 0, 31, 12, 10);
    for (const service of ['api', 'api', 'payments']) {
      const { id } = anIncident(db, { target: null, service, severity: 'critical' }, at);
      if (service === 'api')
        changeStatus(db, viaProving(db, id, at), 'closed', { outcome: 'healed' }, at + 60_000);
    }
    const time = 'from=2026-01-31T12:00:00Z&to=2026-01-31T14:00:00Z';
    const none = { healed: 0, recovered: 0, handed_over: 0, dismissed: 0 };
    const part = (hour: number, opened = 0, healed = 0) => ({
      ...{ from: `2026-01-31T${hour}:00:00.000Z`, opened, actions: 0, closed: { ...none, healed } },
      halfHealedWithinSeconds: healed > 0 ? 64 : null,
    });
    for (const [filter, opened, healed] of [
      ['service=api', 2, 2],
      ['service=payments&status=open', 1, 0],
      ['outcome=healed&severity=critical', 2, 2],
      ['target=supervisor:api', 0, 0],
    ] as const)
      expect((await get(one, `/stats?${time}&${filter}`)).json).toEqual({
        by: 'hour',
        parts: [part(12, opened, healed), part(13)],
      });
    // Where all match it is what was counted as it happened.
    const whole = (await get(one, `/stats?${time}&by=day`)).json;
    expect((await get(one, `/stats?${time}&by=day&severity=critical`)).json).toEqual(whole);
  });

  test('with a filter: too many at once are told to come later, and what takes too long is told', async () => {
    await using one = bot({ idle: true });
    anIncident(one.deps.db);
    const asked = await Promise.all([1, 2, 3, 4, 5].map((i) => get(one, `/stats?service=${i}`)));
    expect(asked.map(({ status }) => status)).toEqual([200, 200, 200, 200, 503]);
    expect(asked[4]?.json).toMatchObject({
      code: 'overloaded',
      detail: expect.stringContaining('ask again'),
    });

    const apart = createApart(one.deps);
    const counts = createCounts(one.deps.db, one.deps.stopping, { atMost: -1 });
    const { app } = createApi(one.deps, { problems: () => [], notes: () => [] }, { ...apart, counts });
    app.onError((error, c) => answerError(c, error, () => undefined));
    const late = await app.request('/stats?service=api');
    expect(late.status).toBe(422);
    expect(await late.json()).toMatchObject({
      code: 'too_long',
      detail: expect.stringContaining('shorter time'),
    });
  });

  test('G12: needs the admin token, with a filter too', async () => {
    await using one = bot({ idle: true });
    expect((await one.app.request('/api/v1/stats?service=api')).status).toBe(401);
  });
});

/** As an incident that was acted on comes to its end. */
function viaProving(db: TestBot['deps']['db'], id: number, at: number) {
  changeStatus(db, again(db, id), 'proving', {}, at);
  return again(db, id);
}
