import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../scripts/stack/until.ts';
import { highErrorRate } from './support/alert.ts';
import { closed, escalated, type Incident } from './support/bot.ts';
import { inTurn, type Loop, sideBySide, startLoop } from './support/loop.ts';

// What must not be called healed (G8), on real signals.

const overrides = `
defaults:
  cooldown: 1s
  backoff: { initial: 1s, factor: 1, max: 1s }
  quarantine: 30m
  prove: { within: 5s, stable: 2s }
limits: { settle: 1s }
`;

const withoutProveQueries = (shipped: string) => shipped.replaceAll(/^ {4}prove:\n(?:^ {6}.*\n)+/gm, '');

const oneAttempt = (shipped: string) => shipped.replaceAll('attempts: 3 }    #', 'attempts: 1 }    #');

describe('not healed while the alert still fires, or when the process is down', sideBySide, () => {
  let loop: Loop;
  beforeAll(async () => {
    loop = await startLoop({ overrides });
  });
  afterAll(() => loop?.stop());
  beforeEach(() => loop.calm());

  // With a prove.query that is bad it is tried again: loop.test.ts.
  it(
    'still firing without a prove.query: unproven at the deadline, and not one more restart',
    inTurn,
    async () => {
      await loop.playbooks(withoutProveQueries);
      loop.api.use();
      await loop.api.break({ kind: 'errors', rate: 1, sticky: true });
      const incident = await loop.incident('escalated', escalated);

      expect(incident).toMatchObject({ reason: 'unproven', attempts: [{ outcome: 'unproven' }] });
      expect(incident.attempts[0]?.detail).toContain('is still pending or firing');
      expect((await loop.supervisor.api()).health).toBe('healthy');
      await loop.staysUntouched(5);
      expect(await loop.supervisor.starts()).toBe(1);
    },
  );

  it('down, so that the alert is gone: ServiceDown, which comes later, has it started', inTurn, async () => {
    const query = await loop.prometheus.queryOf('HighErrorRate');
    const post = (endsInMs: number) =>
      loop.alertmanager.post([highErrorRate(loop, query, startsAt, endsInMs)]);
    const startsAt = Date.now();
    await loop.bot.pause();
    await post(300_000);
    await loop.incident('paused', ({ reason }) => reason === 'paused');
    await loop.api.break({ kind: 'crash' });
    await post(0);
    const resolved = ({ episodes }: Incident) => episodes.some(({ closedBy }) => closedBy === 'resolved');
    expect((await loop.incident('resolved', resolved)).outcome).toBeNull();
    await loop.bot.resume();

    const incident = await loop.incident('closed', closed);
    expect(incident).toMatchObject({ outcome: 'healed', attempts: [{ outcome: 'helped' }], escalations: [] });
    expect(await loop.supervisor.happened()).toEqual(['die', 'start']);
  });
});

describe('not healed when the condition is gone', sideBySide, () => {
  let loop: Loop;
  /** While this file is there, the process' own health check fails. */
  let unwell: string;

  beforeAll(async () => {
    loop = await startLoop({
      overrides,
      processes: (shipped, folder) => {
        unwell = join(folder, 'unwell');
        return shipped.replace(/^ {6}http: .*$/m, `      command: [test, '!', -e, ${unwell}]`);
      },
    });
  });
  afterAll(() => loop?.stop());
  beforeEach(async () => {
    rmSync(unwell, { force: true });
    await loop.calm();
  });

  const escalations = async () =>
    (await loop.alertmanager.alerts()).filter(({ labels }) => labels['alertname'] === 'RemediationEscalated');

  it('and the health check fails: a person is told, and stays told until it is well', inTurn, async () => {
    await loop.playbooks(oneAttempt);
    loop.api.use();
    await loop.api.break({ kind: 'errors', rate: 0.9 });
    await until(async () => (await loop.supervisor.starts()) === 1, { what: 'the restart' });
    writeFileSync(unwell, '');
    const incident = await loop.incident('escalated', escalated);
    expect(['not_healed', 'steps_exhausted']).toContain(incident.reason);
    expect(incident.attempts).toMatchObject([{ outcome: 'did_not_help' }]);

    await until(async () => (await loop.prometheus.alerts()).length === 0, { what: 'the end of the alert' });
    await until(async () => (await escalations()).length === 1, { what: 'the escalation in Alertmanager' });
    await loop.staysUntouched(8);
    expect(await loop.bot.first()).toMatchObject({ status: 'escalated' });
    expect(await escalations()).toHaveLength(1);

    rmSync(unwell);
    expect(await loop.incident('closed', closed)).toMatchObject({ outcome: 'handed_over' });
    expect(await loop.supervisor.starts()).toBe(1);
  });

  it('because the series are gone: unproven, and not one more restart', inTurn, async () => {
    loop.api.use();
    await loop.api.break({ kind: 'errors', rate: 0.9 });
    await until(async () => (await loop.supervisor.starts()) === 1, { what: 'the restart' });
    loop.reload('prometheus', (text) => text.replace(/^ {2}- job_name: api\n(?: {4}.*\n)+/m, ''));
    const incident = await loop.incident('escalated', escalated);

    expect(incident).toMatchObject({ reason: 'unproven', attempts: [{ outcome: 'unproven' }] });
    // ServiceDown may be left over: the last scrape may have met the restart.
    expect(await loop.prometheus.alerts()).not.toContain('HighErrorRate');
    await loop.staysUntouched(5);
    expect(await loop.bot.first()).toMatchObject({ status: 'escalated' });
    expect(await loop.supervisor.starts()).toBe(1);

    loop.reload('prometheus', undefined);
    expect(await loop.incident('closed', closed)).toMatchObject({ outcome: 'handed_over' });
  });
});
