// The bot in this process, over a real supervisor; Alertmanager and Prometheus are away.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootSupervisor, staying } from '../../../supervisor/src/harness.ts';
import { decide } from '../policy/decide.ts';
import { addPause } from '../store/controls.ts';
import { factsRow } from '../store/facts-row.ts';
import { startBot, type TestBot } from '../testing/bot.ts';
import { fire, get, order } from './harness.ts';

let supervisor: Awaited<ReturnType<typeof bootSupervisor>>;
beforeAll(async () => {
  const labels = `{ alert-bot.enable: 'true' }`;
  supervisor = await bootSupervisor(`
processes:
  api: { command: ${staying()}, labels: ${labels} }
  other: { command: ${staying()} }
  joined: { command: ${staying()}, labels: { alert-bot.enable: 'true', alert-bot.mode: approve } }
`);
});
afterAll(() => supervisor[Symbol.asyncDispose]());

const alert = (service: string, more: Readonly<Record<string, string>> = {}) => ({
  labels: { alertname: 'HighErrorRate', service, ...more },
});
const simulate = async (bot: TestBot, body: unknown) => order(bot, '/simulate', body);
/** Every table, whole. */
const dump = ({ deps: { db } }: TestBot) =>
  db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .pluck()
    .all()
    .map((name) => [name, db.prepare(`SELECT * FROM "${String(name)}"`).all()]);

describe('POST /api/v1/simulate', () => {
  test('says what would be decided, every guard, the facts and what is next', async () => {
    await using bot = startBot(supervisor.socket, { idle: true });
    const { status, json } = await simulate(bot, alert('api', { severity: 'critical' }));
    expect(status).toBe(200);
    expect(json).toMatchObject({
      simulations: [
        {
          alert: { alertname: 'HighErrorRate', service: 'api', severity: 'critical' },
          outcome: 'new',
          incident: null,
          note: null,
          target: 'supervisor:api',
          playbook: 'errors',
          decision: {
            kind: 'act',
            reason: 'first_attempt',
            explanation: 'The alert fires, nothing speaks against acting: first attempt.',
            guards: expect.arrayContaining([
              { guard: 'alertmanager', answer: 'allow', because: 'sent by hand' },
              { guard: 'budget', answer: 'allow', because: '0 of 3 per 30m used' },
            ]),
          },
          next: [
            'Now: restart supervisor:api, attempt 1 of 3 of step 1.',
            'If that is not proven to help: it is tried again, 10s later at the soonest.',
          ],
          facts: { target: { id: 'supervisor:api' } },
        },
      ],
      rejected: [],
    });
  });

  test('G2: neither writes nor acts, whatever is decided', async () => {
    await using bot = startBot(supervisor.socket, { idle: true });
    const before = dump(bot);
    const acts: unknown[] = [];
    bot.deps.platform.act = async (...asked) => {
      acts.push(asked);
    };
    for (const service of ['api', 'other', 'joined', 'nobody'])
      expect((await simulate(bot, alert(service))).status).toBe(200);
    await simulate(bot, { alerts: [alert('api'), alert('api'), { status: 'resolved', ...alert('api') }] });
    expect(dump(bot)).toEqual(before);
    expect(acts).toEqual([]);
    expect(await supervisor.events('api')).toEqual(['start']);
  });

  test('what blocks stands beside what allows, and what would come then', async () => {
    await using bot = startBot(supervisor.socket, { idle: true });
    addPause(bot.deps.db, { by: 'ada', why: 'deploy' }, null, bot.deps.now());
    expect((await simulate(bot, alert('api'))).json).toMatchObject({
      simulations: [
        {
          decision: {
            kind: 'defer',
            reason: 'paused',
            guards: expect.arrayContaining([
              { guard: 'pause', answer: 'block', because: 'all, ada: deploy' },
              { guard: 'ladder', answer: 'allow', because: '0 attempts made in this incident' },
            ]),
          },
          next: [
            'When nothing blocks any more: restart supervisor:api, attempt 1 of 3 of step 1.',
            expect.any(String),
          ],
        },
      ],
    });
  });

  test('G10: the decision follows from the facts that it shows', async () => {
    await using bot = startBot(supervisor.socket, { idle: true });
    const { json } = await simulate(bot, { alerts: [alert('joined'), alert('nobody'), alert('other')] });
    expect(json['simulations']).toMatchObject([
      { decision: { reason: 'approval_required' } },
      { decision: { reason: 'no_target' }, next: [] },
      { decision: { reason: 'not_opted_in' }, next: [] },
    ]);
    for (const one of [json['simulations']].flat()) {
      const { facts, decision } = Object(one);
      const read = factsRow.parse(facts);
      expect(decide(read, read.incident.openedAt)).toMatchObject({
        kind: decision.kind,
        reason: decision.reason,
      });
    }
  });

  test('an alert that joins an incident of the log is decided with its history', async () => {
    await using bot = startBot(supervisor.socket);
    await fire(bot, 'joined');
    const before = (await get(bot, '/incidents')).json;
    const { json } = await simulate(bot, alert('joined', { path: '/other' }));
    expect(json['simulations']).toMatchObject([
      {
        outcome: 'joined',
        incident: { id: 1, status: 'awaiting_approval' },
        decision: { kind: 'defer', reason: 'approval_required' },
        facts: { approval: { state: 'asked' } },
      },
    ]);
    await order(bot, '/incidents/1/reject', { by: 'ada', why: 'not now' });
    expect((await simulate(bot, alert('joined'))).json['simulations']).toMatchObject([
      {
        outcome: 'duplicate',
        incident: { id: 1, status: 'closed', outcome: 'handed_over' },
        decision: null,
        note: expect.stringContaining('incident 1, which is closed (handed_over)'),
      },
    ]);
    expect(before).toMatchObject({ incidents: [{ id: 1 }] });
    expect((await get(bot, '/incidents')).json).toMatchObject({ incidents: [{ id: 1 }] });
  });

  test.each([
    [{ alertname: 'Watchdog' }, 'heartbeat', 'It is the heartbeat'],
    [{ alertname: 'A', origin: 'alert-bot' }, 'own', "one of the bot's own"],
  ])('%j is not decided about', async (labels, outcome, note) => {
    await using bot = startBot(supervisor.socket, { idle: true });
    expect((await simulate(bot, { labels })).json['simulations']).toMatchObject([
      { outcome, decision: null, note: expect.stringContaining(note) },
    ]);
  });

  test.each([
    ['{', '(body)', /^the body is not JSON/],
    [{ labels: {} }, 'labels', /^labels: an alert has at least one label/],
    [{ alerts: [] }, 'alerts', /^alerts: there is none/],
    [{ alerts: Array.from({ length: 101 }, () => alert('api')) }, 'alerts', /101 are too many/],
  ])('bad input is refused by field: %#', async (body, field, message) => {
    await using bot = startBot(supervisor.socket, { idle: true });
    expect(await simulate(bot, body)).toMatchObject({
      status: 400,
      json: { code: 'invalid', field, detail: expect.stringMatching(message) },
    });
  });

  test('one bad alert among good ones is named, and the others are decided', async () => {
    await using bot = startBot(supervisor.socket, { idle: true });
    expect((await simulate(bot, { alerts: [alert('api'), { labels: { a: 1 } }] })).json).toMatchObject({
      simulations: [{ decision: { reason: 'first_attempt' } }],
      rejected: [{ index: 1, field: 'alerts.1.labels.a' }],
    });
  });

  test('G12: needs the admin token', async () => {
    await using bot = startBot(supervisor.socket, { idle: true });
    const response = await bot.app.request('/api/v1/simulate', { method: 'POST', body: '{}' });
    expect(response.status).toBe(401);
  });
});
