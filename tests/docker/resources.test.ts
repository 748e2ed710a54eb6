import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../scripts/stack/until.ts';
import { closed } from '../bare/support/bot.ts';
import { Loop } from './support/loop.ts';

describe('memory, connections and a slow database', () => {
  let loop: Loop;
  beforeAll(async () => {
    loop = await Loop.start({ kind: 'resources' });
  });
  afterAll(() => loop?.stop());

  const fires = (alertname: string) =>
    until(async () => (await loop.prometheus.alerts()).includes(alertname), {
      what: `${alertname} to fire`,
      withinMs: 120_000,
    });

  test('a slow database: people are told of it, and the api is not restarted', {
    timeout: 500_000,
  }, async () => {
    const before = await loop.look('api');
    loop.api.use('buying');
    await loop.api.break({ kind: 'slow_database', ms: 400 });
    await Promise.all([fires('DatabaseSlow'), fires('HighLatency')]);
    await loop.staysAsItIs('api', before, 60);
    const heard = new Set((await loop.heard()).map(({ labels }) => labels['alertname']));
    expect(heard).toEqual(new Set(['DatabaseSlow']));

    await loop.api.mend();
    const gone = async () => (await loop.prometheus.alerts()).length === 0;
    await loop.staysAsItIs('api', before, gone);
    await loop.staysAsItIs('api', before, 30);
    for (const { id } of await loop.incidentsOf('api'))
      expect(await loop.bot.incident(id)).toMatchObject({ attempts: [] });
  });

  test('a memory leak: HighMemory, a restart before the kernel kills, proven', {
    timeout: 500_000,
  }, async () => {
    await loop.calm();
    const began = Date.now();
    const before = await loop.look('api');
    await loop.api.break({ kind: 'leak', mb_per_minute: 200 });
    const incident = await loop.incident('api', 'closed', closed, 300_000);
    expect(incident).toMatchObject({ playbook: 'restart-on-memory', outcome: 'healed', weakProof: null });
    expect(incident.attempts).toMatchObject([{ reason: 'first_attempt', outcome: 'helped' }]);
    const after = await loop.look('api');
    expect(after).toMatchObject({ id: before.id, status: 'running', health: 'healthy' });
    expect(await loop.events('api', began)).toEqual(['die', 'start']);
  });

  test('leaked connections: a restart frees them, the database is not blamed', {
    timeout: 500_000,
  }, async () => {
    await loop.calm();
    const began = Date.now();
    loop.api.use('buying');
    await loop.api.break({ kind: 'pool', connections: 10 });
    const incident = await loop.incident('api', 'closed', closed, 300_000);
    expect(incident).toMatchObject({ playbook: 'restart-on-errors', outcome: 'healed' });
    expect(await loop.events('api', began)).toEqual(['die', 'start']);
    expect(await loop.prometheus.alerts()).not.toContain('DatabaseSlow');
  });
});
