import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../scripts/stack/until.ts';
import { closed, reasons } from '../bare/support/bot.ts';
import { docker } from './support/compose-project.ts';
import { extra, Loop } from './support/loop.ts';

/** Well until SIGUSR2, to its own health check too. */
const SICKENS = `const server = require('node:http').createServer((_, response) =>
  response.setHeader('content-type', 'text/plain').end('well 1\\n')).listen(80);
process.on('SIGUSR2', () => { server.close(); server.closeAllConnections(); });
process.on('SIGTERM', () => process.exit(0));
setInterval(() => {}, 1e6);`;
const healthcheck = {
  test: ['CMD', 'node', '-e', `fetch('http://127.0.0.1').then(() => process.exit(0), () => process.exit(1))`],
  interval: '2s',
  timeout: '2s',
  retries: 2,
  start_period: '1s',
};
const sickens = (more: object = {}) =>
  extra(SICKENS, { network_mode: undefined, networks: ['workload'], healthcheck, ...more });

const SHORT = `
defaults:
  cooldown: 1s
  backoff: { initial: 1s, factor: 1, max: 1s }
  prove: { within: 30s, stable: 1s }
limits:
  targets: { count: 50, percent: 100, per: 1h }
`;

describe('what bounds a restart', () => {
  let loop: Loop;
  beforeAll(async () => {
    loop = await Loop.start({
      kind: 'limits',
      overrides: SHORT,
      services: {
        postgres: { labels: { 'alert-bot.enable': 'true' } },
        twin: sickens({ scale: 2 }),
        asked: sickens({ labels: { 'alert-bot.enable': 'true', 'alert-bot.mode': 'approve' } }),
      },
      scraped: ['asked', 'twin'],
    });
  });
  afterAll(() => loop?.stop());

  const sicken = async (service: string, number = 1) => {
    await docker(['kill', '--signal', 'USR2', loop.container(service, number)]);
    await until(async () => (await loop.look(service, number)).health === 'unhealthy', {
      what: `${service} to be unhealthy`,
    });
  };

  test('G5: of two replicas only the sick one is restarted, and never the last healthy one', async () => {
    const [well, sick] = [await loop.look('twin', 1), await loop.look('twin', 2)];
    await sicken('twin', 2);
    await loop.down('twin');
    await until(async () => (await loop.look('twin', 2)).startedAt !== sick.startedAt, {
      what: 'a restart of the sick one',
    });
    await until(async () => (await loop.look('twin', 2)).health === 'healthy', { what: 'two well ones' });
    expect(await loop.look('twin', 1)).toEqual(well);
    await loop.down('twin', 'resolved');
    expect(await loop.incident('twin', 'closed', closed)).toMatchObject({ outcome: 'healed' });

    // Somebody stops one: the other is the last.
    await loop.bot.mark();
    await docker(['stop', loop.container('twin', 2)]);
    await loop.down('twin');
    await loop.incident('twin', 'held', (incident) => reasons(incident).includes('last_healthy_replica'));
    expect(await loop.look('twin', 1)).toEqual(well);
    await loop.down('twin', 'resolved');
    await loop.incident('twin', 'closed', closed);
  });

  test('an approval given after the container was replaced is refused, and asked anew', async () => {
    await sicken('asked');
    await loop.down('asked');
    const waits = ({ status }: { status: string }) => status === 'awaiting_approval';
    const { id } = await loop.incident('asked', 'awaiting approval', waits);
    const first = await loop.look('asked');
    await loop.project.up('--no-deps', '--force-recreate', 'asked');
    const second = await loop.look('asked');
    expect(second.id).not.toBe(first.id);

    await expect(loop.cli('approve', String(id), '--why', 'a test')).rejects.toThrow(/replaced|another/);
    await loop.staysAsItIs('asked', second, 3);
    await loop.down('asked', 'resolved');
    const over = await loop.incident('asked', 'closed', closed);
    expect(over).toMatchObject({ outcome: 'recovered', attempts: [] });
  });

  test('an approval in time is carried out', async () => {
    await loop.bot.mark();
    const since = Date.now();
    await sicken('asked');
    await loop.down('asked');
    const waits = ({ status }: { status: string }) => status === 'awaiting_approval';
    const { id } = await loop.incident('asked', 'awaiting approval', waits);
    await loop.cli('approve', String(id), '--why', 'a test');
    await until(async () => (await loop.events('asked', since)).includes('start'), { what: 'a restart' });
    await loop.down('asked', 'resolved');
    const over = await loop.incident('asked', 'closed', closed);
    expect(over.attempts).toMatchObject([{ reason: 'approved', outcome: 'helped' }]);
  });

  test('payments fails under traffic: payments is restarted, the api never', {
    timeout: 400_000,
  }, async () => {
    await loop.calm();
    const since = Date.now();
    const api = await loop.look('api');
    loop.api.use('buying');
    await loop.project.exec('payments', 'faults', '{"kind":"errors","rate":1}');
    const healed = async () => {
      const [first] = await loop.incidentsOf('payments');
      return first?.status === 'closed' && (await loop.prometheus.alerts()).length === 0;
    };
    await loop.staysAsItIs('api', api, healed);
    await loop.api.silence();

    const incident = await loop.incident('payments', 'closed', closed);
    expect(incident).toMatchObject({ outcome: 'healed', attempts: [{ outcome: 'helped' }] });
    expect(await loop.events('payments', since)).toEqual(['die', 'start']);
    expect(await loop.events('api', since)).toEqual([]);
    await loop.quiet();
    for (const { id } of await loop.incidentsOf('api')) {
      const own = await loop.bot.incident(id);
      expect(own).toMatchObject({ outcome: 'recovered', attempts: [] });
      expect(reasons(own)).toContain('dependency_unhealthy');
    }
    const heard = (await loop.heard()).map(({ labels }) => labels['alertname']);
    expect(heard).not.toContain('RemediationEscalated');
    expect(heard).not.toContain('HighErrorRate');
  });

  test('payments and Postgres hang together: each is restarted, one after the other, the api never', {
    timeout: 400_000,
  }, async () => {
    await loop.calm();
    const since = Date.now();
    const api = await loop.look('api');
    loop.api.use('buying');
    await docker(['kill', '--signal', 'STOP', loop.container('payments'), loop.container('postgres')]);
    await until(async () => (await loop.look('postgres')).health === 'unhealthy', {
      what: 'a sick Postgres',
    });
    await loop.down('postgres');
    const both = async () => {
      const events = await Promise.all([loop.events('payments', since), loop.events('postgres', since)]);
      return events.every((seen) => seen.includes('start'));
    };
    await loop.staysAsItIs('api', api, both);
    expect(await loop.together('payments', 'postgres', since)).toEqual(['die', 'start', 'die', 'start']);

    // Nobody scrapes Postgres, so that a person has to say that it is well.
    await loop.down('postgres', 'resolved');
    await loop.incident('postgres', 'handed over', ({ status }) => status === 'escalated');
    await loop.reset('postgres');
    await loop.staysAsItIs('api', api, async () => (await loop.prometheus.alerts()).length === 0);
    await loop.api.silence();
    await loop.quiet();
    expect(await loop.events('api', since)).toEqual([]);
  });

  test('a deploy in mid-incident: the new container is left alone, and the incident recovers', {
    timeout: 400_000,
  }, async () => {
    await loop.calm();
    // By hand: it is still there when the deploy is done, however long that takes.
    const told = (status: string) =>
      loop.send({ status, labels: { alertname: 'HighErrorRate', service: 'api' } });
    await loop.bot.pause();
    await told('firing');
    await loop.incident('api', 'paused', ({ reason }) => reason === 'paused');
    const before = await loop.look('api');
    await loop.project.up('--build', '--force-recreate', '--no-deps', 'api');
    const deployed = await loop.look('api');
    expect(deployed.id).not.toBe(before.id);
    await loop.bot.resume();

    await loop.incident('api', 'left alone', ({ reason }) => reason === 'deploying');
    await loop.staysAsItIs('api', deployed, 5);
    await told('resolved');
    const incident = await loop.incident('api', 'closed', closed);
    expect(incident).toMatchObject({ outcome: 'recovered', attempts: [] });
    expect(await loop.look('api')).toEqual(deployed);
  });
});
