import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../scripts/stack/until.ts';
import { closed, escalated, reasons } from './support/bot.ts';
import { inTurn, type Loop, sideBySide, startLoop } from './support/loop.ts';

// The shipped playbooks with the durations of deploy/bare/overrides.yml, rules and routes divided by five.

/** What a restart looks like in the supervisor's record. */
const restart = ['stop restart', 'die', 'start'];

/** The budget of deploy/playbooks.yml that is spent first. */
const budget = 3;

describe('the loop', sideBySide, () => {
  let loop: Loop;
  beforeAll(async () => {
    loop = await startLoop();
  });
  afterAll(() => loop?.stop());
  beforeEach(() => loop.calm());

  it('heals by exactly one restart, keeps the evidence, and nobody is woken', inTurn, async () => {
    loop.api.use();
    await loop.api.break({ kind: 'errors', rate: 0.9 });
    const incident = await loop.incident('closed', closed);

    expect(incident).toMatchObject({
      outcome: 'healed',
      weakProof: null,
      playbook: 'restart-on-errors',
      attempts: [{ reason: 'first_attempt', outcome: 'helped' }],
      escalations: [],
    });
    expect(await loop.supervisor.happened()).toEqual(restart);
    expect(incident.evidence.map(({ kind, error }) => ({ kind, error }))).toEqual(
      expect.arrayContaining(['logs', 'state', 'query'].map((kind) => ({ kind, error: null }))),
    );
    expect(incident.evidence.find(({ kind }) => kind === 'logs')?.content).toContain('"status":500');
    expect(await loop.api.get('/transactions')).toBe(200);

    const over = async () => (await loop.alertmanager.alerts()).length === 0;
    await until(over, { what: 'the alert to be over in Alertmanager' });
    expect(loop.people.heard()).toEqual([]);
  });

  it('finds twenty errors within one second, heals, and shows that the proof is weak', inTurn, async () => {
    // The requests of the case before would make the errors a small share.
    const requests = 'sum(increase(http_requests_total{route!~"/livez|/health|/metrics"}[12s]))';
    await until(async () => (await loop.prometheus.value(requests)) === 0, {
      what: 'a window without requests',
    });
    const statuses = await Promise.all(Array.from({ length: 20 }, () => loop.api.get('/error')));
    expect(new Set(statuses)).toEqual(new Set([500]));

    const incident = await loop.incident('closed', closed);
    expect(incident).toMatchObject({ outcome: 'healed', weakProof: 'no_traffic' });
    expect(await loop.supervisor.happened()).toEqual(restart);
  });

  it('brings back by one start what has crashed', inTurn, async () => {
    loop.api.use();
    await loop.api.break({ kind: 'crash' });
    const incident = await loop.incident('closed', closed);

    expect(incident).toMatchObject({
      outcome: 'healed',
      title: 'ServiceDown',
      playbook: 'restart-when-down',
    });
    expect(await loop.supervisor.happened()).toEqual(['die', 'start']);
  });

  it(
    'retries while prove.query is bad, spends the budget, leaves alone, and tells a person',
    inTurn,
    async () => {
      loop.api.use();
      await loop.api.break({ kind: 'errors', rate: 1, sticky: true });
      const incident = await loop.incident('escalated', escalated);

      expect(incident.reason).toBe('quarantined');
      expect(incident.attempts).toEqual(
        ['first_attempt', 'retry', 'retry'].map((reason) => ({
          reason,
          outcome: 'did_not_help',
          detail: expect.stringMatching(/^prove\.query is .*, above 0\.2/),
        })),
      );
      expect(await loop.supervisor.starts()).toBe(budget);
      expect((await loop.bot.target())?.quarantine?.until).toEqual(expect.any(String));

      const escalations = async () =>
        (await loop.alertmanager.alerts()).filter(
          ({ labels }) => labels['alertname'] === 'RemediationEscalated',
        );
      await until(async () => (await escalations()).length > 0, { what: 'the escalation in Alertmanager' });
      expect(await escalations()).toMatchObject([
        {
          status: { state: 'active' },
          labels: {
            origin: 'alert-bot',
            severity: 'critical',
            reason: 'quarantined',
            target: 'supervisor:api',
          },
        },
      ]);
      const heard = () => loop.people.heard('RemediationEscalated').at(-1);
      const told = await until(heard, { what: 'people to be told' });
      expect(told).toMatchObject({ status: 'firing', labels: { incident: String(incident.id) } });
      expect(told.annotations['description']).toContain('Attempt 3: ');

      await loop.staysUntouched(10);
      expect(await loop.prometheus.alerts()).toContain('HighErrorRate');

      await loop.api.mend();
      expect(await loop.incident('closed', closed)).toMatchObject({ outcome: 'handed_over' });
      await until(async () => (await escalations()).length === 0, { what: 'the end of the escalation' });
      expect(await loop.supervisor.starts()).toBe(budget);
    },
  );
});

describe('the loop, held or hindered', sideBySide, () => {
  let loop: Loop;
  beforeAll(async () => {
    loop = await startLoop();
  });
  afterAll(() => loop?.stop());
  beforeEach(() => loop.calm());

  it('does nothing while a person has paused it, and acts after the resume', inTurn, async () => {
    await loop.bot.pause();
    loop.api.use();
    await loop.api.break({ kind: 'errors', rate: 0.9 });
    await loop.incident('paused', (one) => one.status === 'deferred' && one.reason === 'paused');
    await loop.staysUntouched(5);

    await loop.bot.resume();
    const incident = await loop.incident('closed', closed);
    expect(incident.outcome).toBe('healed');
    expect(reasons(incident)).toEqual(['paused', 'first_attempt']);
    expect(await loop.supervisor.happened()).toEqual(restart);
  });

  it('in mode observe does nothing and says, once, what it would have done', inTurn, async () => {
    await loop.playbooks((shipped) => shipped.replace('mode: act', 'mode: observe'));
    loop.api.use();
    await loop.api.break({ kind: 'errors', rate: 0.9 });
    const incident = await loop.incident('closed', closed);

    expect(incident).toMatchObject({ outcome: 'dismissed', attempts: [], escalations: [] });
    expect(incident.decisions).toEqual([
      expect.objectContaining({ kind: 'defer', reason: 'settle' }),
      expect.objectContaining({ kind: 'skip', reason: 'observe_only', also: ['first_attempt'] }),
    ]);
    // Longer than Alertmanager's repeat interval of 12 s: a repeat is the same answer, not another incident.
    await loop.staysUntouched(14);
    expect(await loop.bot.incidents()).toHaveLength(1);
  });

  it('killed: people are told after their wait; back again, it takes the alert up', inTurn, async () => {
    // HighLatency, of which nothing was heard before: after a reload Alertmanager lets the next trouble of an alert
    // that it still remembers wait for group_interval, which is its way, not ours.
    loop.reload('alertmanager', (text) => text.replace('group_wait: 1m', 'group_wait: 6s'));
    await loop.stack.parts.bot.kill('SIGKILL');
    const since = Date.now();
    loop.api.use();
    await loop.api.break({ kind: 'latency', ms: 800 });

    const told = await until(() => loop.people.heard('HighLatency').at(-1), { what: 'people to be told' });
    expect(told.status).toBe('firing');
    expect(told.at - since).toBeGreaterThan(6_000);
    expect(await loop.supervisor.happened()).toEqual([]);

    await loop.stack.parts.bot.start();
    const incident = await loop.incident('closed', closed);
    expect(incident).toMatchObject({ outcome: 'healed', playbook: 'restart-when-slow' });
    expect(await loop.supervisor.happened()).toEqual(restart);
  });

  it('with PostgreSQL away for 30 s: the API recovers, and was never restarted', inTurn, async () => {
    loop.api.use();
    await loop.stack.postgres.pause();
    const back = performance.now() + 30_000;
    const passed = () => performance.now() > back;
    await until(passed, { what: 'the end of 30 s without PostgreSQL', withinMs: 40_000 });
    expect(await loop.prometheus.alerts()).toContain('DatabaseDown');
    await loop.stack.postgres.resume();
    for (const path of ['/health', '/transactions'])
      await until(async () => (await loop.api.get(path)) === 200, { what: `${path} to answer` });

    const calm = async () => (await loop.prometheus.alerts()).length === 0;
    await until(calm, { what: 'the alerts to be over' });
    expect(await loop.supervisor.happened()).toEqual([]);
    // DatabaseDown inhibits the api's alerts, mostly before the bot hears of them: then there is nothing to tell of.
    if ((await loop.bot.first()) === undefined) return;
    expect(await loop.incident('closed', closed)).toMatchObject({ outcome: 'recovered', attempts: [] });
  });
});
