import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../scripts/stack/until.ts';
import { closed, escalated, reasons } from '../bare/support/bot.ts';
import { Loop, type Seen } from './support/loop.ts';
import { measureHealing, twentyErrors } from './support/loop-figures.ts';

/** So that all attempts of a budget fit into a test; what is not here is as shipped. */
const SHORT = `
defaults:
  cooldown: 1s
  backoff: { initial: 1s, factor: 1, max: 1s }
  budgets: [ { attempts: 2, per: 1h } ]
  prove: { within: 20s, stable: 3s }
`;

describe('the loop on the shipped stack', () => {
  let loop: Loop;
  let before: Seen;

  beforeAll(async () => {
    loop = await Loop.start({ kind: 'loop' });
  });
  afterAll(() => loop?.stop());

  test('twenty quick errors: the api is restarted once, healed, and people hear nothing', async () => {
    const began = Date.now();
    before = await loop.look('api');
    const { healthy } = await measureHealing(loop, twentyErrors);
    expect(healthy).toBeLessThanOrEqual(60);
    const incident = await loop.incident('api', 'closed', closed, 150_000);
    expect(incident).toMatchObject({ playbook: 'restart-on-errors', outcome: 'healed' });
    expect(incident.attempts).toMatchObject([{ reason: 'first_attempt', outcome: 'helped' }]);
    expect(incident.evidence.some(({ kind, content }) => kind === 'logs' && content !== '')).toBe(true);

    const after = await loop.look('api');
    expect(after).toMatchObject({ id: before.id, status: 'running', health: 'healthy' });
    expect(after.startedAt).not.toBe(before.startedAt);
    expect(await loop.events('api', began)).toEqual(['die', 'start']);

    await loop.quiet();
    await loop.staysAsItIs('api', after, 10);
    expect(await loop.heard()).toEqual([]);
    expect(await loop.bot.incidents()).toHaveLength(1);
  });

  test('the doctor says that all is well', async () => {
    const healthy = async () => {
      const says = await loop.cli('doctor');
      if (/^(warn|FAIL)/m.test(says)) throw new Error(says);
      return says;
    };
    expect(await until(healthy, { what: 'a doctor without a complaint', everyMs: 2_000 })).toMatch(
      /^All well\.$/m,
    );
  });

  // Early: an alert that fired in the first case and fires again five minutes after that is told to people, rightly.
  test('G4: a lasting fault gets the restarts of its budget, then a person, and no further one', async () => {
    await loop.calm();
    await loop.override(SHORT);
    const began = Date.now();
    loop.api.use();
    await loop.api.break({ kind: 'errors', rate: 1, sticky: true });

    const incident = await loop.incident('api', 'escalated', escalated, 200_000);
    expect(incident.attempts.map(({ outcome }) => outcome)).toEqual(['did_not_help', 'did_not_help']);
    expect(incident.reason).toBe('quarantined');
    await loop.staysAsItIs('api', await loop.look('api'), 20);
    expect(await loop.events('api', began)).toEqual(['die', 'start', 'die', 'start']);

    const page = { alertname: 'RemediationEscalated', origin: 'alert-bot', target: loop.target('api') };
    expect(await loop.alertmanager.alerts()).toContainEqual(
      expect.objectContaining({ labels: expect.objectContaining(page), status: { state: 'active' } }),
    );
    const heard = await loop.heard();
    expect(heard).toContainEqual({ status: 'firing', labels: expect.objectContaining(page) });
    expect(new Set(heard.map(({ labels }) => labels['alertname']))).toEqual(
      new Set(['RemediationEscalated']),
    );
  });

  test('G7: Postgres is away for a minute under traffic, and the api is not restarted', {
    timeout: 500_000,
  }, async () => {
    await loop.calm();
    await loop.override(undefined);
    before = await loop.look('api');
    const known = Math.max(0, ...(await loop.incidentsOf('api')).map(({ id }) => id));
    loop.api.use();
    await loop.project.compose('stop', 'postgres');
    await until(async () => (await loop.prometheus.alerts()).includes('HighErrorRate'), {
      what: 'HighErrorRate to fire',
      withinMs: 60_000,
    });
    await loop.staysAsItIs('api', before, 60);
    await loop.project.compose('start', 'postgres');

    const gone = async () => (await loop.prometheus.alerts()).length === 0;
    await loop.staysAsItIs('api', before, gone);
    await loop.staysAsItIs('api', before, 60);
    await loop.api.silence();
    // DatabaseDown inhibits the api's alerts, often before the bot hears of them: then there is nothing to tell of.
    if ((await loop.incidentsOf('api')).every(({ id }) => id <= known)) return;
    const incident = await loop.incident('api', 'closed', closed);
    expect(reasons(incident)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^(dependency_unhealthy|inhibited)$/)]),
    );
    expect(incident).toMatchObject({ outcome: 'recovered', attempts: [] });
  });

  test('down -v leaves nothing', async () => {
    await loop.stop();
    expect(await loop.project.leftovers()).toEqual({ containers: [], volumes: [], networks: [], images: [] });
  });
});
