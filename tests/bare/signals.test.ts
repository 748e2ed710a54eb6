import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../scripts/stack/until.ts';
import { highErrorRate } from './support/alert.ts';
import { closed, escalated, type Incident, reasons } from './support/bot.ts';
import { inTurn, type Loop, sideBySide, startLoop } from './support/loop.ts';

// What Alertmanager and Prometheus do in mid-incident: end, come back, forget, be silenced.

const overrides = `
defaults:
  cooldown: 1s
  backoff: { initial: 5s, factor: 1, max: 5s }
  quarantine: 30m
  prove: { within: 25s, stable: 2s }
limits: { settle: 1s }
`;

const restart = ['stop restart', 'die', 'start'];

describe('Alertmanager', sideBySide, () => {
  let loop: Loop;
  beforeAll(async () => {
    loop = await startLoop({ overrides });
  });
  afterAll(() => loop?.stop());
  beforeEach(() => loop.calm());

  it(
    'saying firing, resolved and firing again with the same startsAt says two episodes',
    inTurn,
    async () => {
      const query = await loop.prometheus.queryOf('HighErrorRate');
      const startsAt = Date.now() - 5_000;
      const post = (endsInMs: number) =>
        loop.alertmanager.post([highErrorRate(loop, query, startsAt, endsInMs)]);
      const episodes = async () => {
        const all = await loop.bot.incidents();
        const details = await Promise.all(all.map(({ id }) => loop.bot.incident(id)));
        return details.flatMap((incident) => incident.episodes);
      };
      // Paused, so that no proof ends an episode before Alertmanager does.
      await loop.bot.pause();

      await post(300_000);
      await until(async () => (await episodes()).length === 1, { what: 'the first episode' });
      await post(0);
      const resolved = async () => (await episodes()).every(({ closedBy }) => closedBy === 'resolved');
      await until(resolved, { what: 'its end' });
      await post(300_000);
      await until(async () => (await episodes()).length === 2, { what: 'the second episode' });
      expect(new Set((await episodes()).map((episode) => episode.startsAt)).size).toBe(1);

      await post(0);
      await until(resolved, { what: 'the end of the second' });
      expect(await loop.supervisor.happened()).toEqual([]);
    },
  );

  it(
    'killed in mid-incident and back without memory causes no second restart, and the proof is found',
    inTurn,
    async () => {
      loop.api.use();
      await loop.api.break({ kind: 'errors', rate: 0.9 });
      await until(async () => (await loop.supervisor.starts()) === 1, { what: 'the restart' });
      const { alertmanager } = loop.stack.parts;
      await alertmanager.kill('SIGKILL');
      await rm(loop.stack.places.alertmanagerData, { recursive: true, force: true });
      await alertmanager.start();

      expect(await loop.incident('closed', closed)).toMatchObject({ outcome: 'healed' });
      await loop.staysUntouched(6);
      expect(await loop.supervisor.happened()).toEqual(restart);
      expect(await loop.bot.incidents()).toHaveLength(1);
    },
  );

  it(
    'away when the next attempt is due stops it until it is back and knows the alert again',
    inTurn,
    async () => {
      loop.api.use();
      await loop.api.break({ kind: 'errors', rate: 1, sticky: true });
      await loop.incident('in backoff', (one) => reasons(one).includes('backoff'));
      const { alertmanager } = loop.stack.parts;
      await alertmanager.kill('SIGKILL');
      await rm(loop.stack.places.alertmanagerData, { recursive: true, force: true });
      await loop.incident('blocked', (one) => one.reason === 'guard_unavailable');
      await loop.staysUntouched(3);
      expect(await loop.supervisor.starts()).toBe(1);

      await alertmanager.start();
      await loop.incident('tried again', (one) => one.attempts.length === 2);
      await loop.api.mend();
      expect(await loop.incident('closed', closed)).toMatchObject({ outcome: 'healed' });
    },
  );

  it(
    'with a silence since the last attempt blocks the next one until the silence is gone',
    inTurn,
    async () => {
      loop.api.use();
      await loop.api.break({ kind: 'errors', rate: 1, sticky: true });
      await loop.incident('in backoff', (one) => reasons(one).includes('backoff'));
      const silence = await loop.alertmanager.silence('HighErrorRate');
      await loop.incident('silenced', (one) => one.reason === 'silenced');
      await loop.staysUntouched(6);
      expect(await loop.supervisor.starts()).toBe(1);

      await loop.alertmanager.unsilence(silence);
      await loop.incident('tried again', (one) => one.attempts.length === 2);
      await loop.api.mend();
      const incident = await loop.incident('closed', closed);
      expect(incident.outcome).toBe('healed');
      expect(reasons(incident)).toEqual(['settle', 'first_attempt', 'backoff', 'silenced', 'retry']);
    },
  );
});

describe('Prometheus', sideBySide, () => {
  let loop: Loop;
  beforeAll(async () => {
    loop = await startLoop({ overrides });
  });
  afterAll(() => loop?.stop());
  beforeEach(() => loop.calm());

  it(
    'gone right after the restart proves nothing and causes nothing; back in time, it proves',
    inTurn,
    async () => {
      loop.api.use();
      await loop.api.break({ kind: 'errors', rate: 0.9 });
      await loop.incident('proving', ({ status }) => status === 'proving');
      const { prometheus } = loop.stack.parts;
      await prometheus.kill('SIGKILL');
      await loop.staysUntouched(3);
      expect(await loop.bot.first()).toMatchObject({ status: 'proving' });
      await prometheus.start();

      expect(await loop.incident('closed', closed)).toMatchObject({ outcome: 'healed' });
      // It has forgotten that the alert fired, so it never tells Alertmanager that it is over: for 48 s after the last
      // word, Alertmanager repeats an alert that is none. Twelve seconds are its repeat interval.
      expect((await loop.alertmanager.alerts()).map(({ labels }) => labels['alertname'])).toContain(
        'HighErrorRate',
      );
      await loop.staysUntouched(20);
      expect(await loop.supervisor.happened()).toEqual(restart);
    },
  );

  it(
    'gone for good leaves it unproven, without a second restart, and a person is told and stays told',
    inTurn,
    async () => {
      const query = await loop.prometheus.queryOf('HighErrorRate');
      loop.api.use();
      await loop.api.break({ kind: 'errors', rate: 0.9 });
      await loop.incident('proving', ({ status }) => status === 'proving');
      await loop.stack.parts.prometheus.kill('SIGKILL');
      const incident = await loop.incident('escalated', escalated);
      expect(incident).toMatchObject({ reason: 'unproven', attempts: [{ outcome: 'unproven' }] });

      // Alertmanager drops the alert some time after the last word of it, here at once. That is not the end of the trouble.
      const held = (await loop.alertmanager.alerts()).find(
        ({ labels }) => labels['alertname'] === 'HighErrorRate',
      );
      await loop.alertmanager.post([highErrorRate(loop, query, Date.parse(held?.startsAt ?? ''), 0)]);
      const over = ({ episodes }: Incident) => episodes.every(({ closedAt }) => closedAt !== null);
      await loop.incident('without a firing alert', over);
      await loop.staysUntouched(5);
      expect(await loop.bot.first()).toMatchObject({ status: 'escalated' });
      expect((await loop.alertmanager.alerts()).map(({ labels }) => labels['alertname'])).toEqual([
        'RemediationEscalated',
      ]);

      await loop.stack.parts.prometheus.start();
      expect(await loop.incident('closed', closed)).toMatchObject({ outcome: 'handed_over' });
      expect(await loop.supervisor.happened()).toEqual(restart);
    },
  );
});
