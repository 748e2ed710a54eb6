import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../scripts/stack/until.ts';
import { closed, reasons } from '../bare/support/bot.ts';
import { docker } from './support/compose-project.ts';
import { extra, Loop } from './support/loop.ts';

/** Answers Prometheus, until SIGUSR2 makes it deaf: it runs on and answers nobody, and only a restart helps. */
const HEARS = `const server = require('node:http').createServer((_, response) =>
  response.setHeader('content-type', 'text/plain').end('hears 1\\n')).listen(80);
process.on('SIGUSR2', () => { server.close(); server.closeAllConnections(); });
process.on('SIGTERM', () => process.exit(0));
setInterval(() => {}, 1e6);`;

/** A storm from ten on, calm after five seconds, short proofs, and no other limit; one at a time is as shipped. */
const SHORT = `
defaults:
  cooldown: 1s
  prove: { within: 30s, stable: 1s }
limits:
  targets: { count: 50, percent: 100, per: 1h }
  storm: { incidents: 10, per: 1m, calm: 5s }
`;

// What others need comes first: by depth, whatever the order in which the alerts come.
const WEB = ['web-1', 'web-2', 'web-3', 'web-4', 'web-5', 'web-6'];
const STOCK = ['stock-1', 'stock-2', 'stock-3', 'stock-4'];
const DB = ['db-1', 'db-2'];
const ALL = [...WEB, ...STOCK, ...DB];
// What all of them need, and what does not fail: so each waits `settle`, in which the others' alerts come too.
const ROOT = 'disk';

const service = (needs: readonly string[]) =>
  extra(HEARS, {
    network_mode: undefined,
    networks: ['workload'],
    depends_on: Object.fromEntries(needs.map((name) => [name, { condition: 'service_started' }])),
  });
const each = (names: readonly string[], needs: readonly string[]) =>
  names.map((name) => [name, service(needs)] as const);

describe('twelve services fail at once', () => {
  let loop: Loop;
  beforeAll(async () => {
    const services = Object.fromEntries([
      ...each(WEB, STOCK),
      ...each(STOCK, DB),
      ...each(DB, [ROOT]),
      ...each([ROOT], []),
    ]);
    loop = await Loop.start({ kind: 'storm', overrides: SHORT, services, scraped: ALL });
  });
  afterAll(() => loop?.stop());

  test('G6: a storm: nothing is done, one page; then released one at a time, dependencies first', {
    timeout: 500_000,
  }, async () => {
    const since = Date.now();
    await docker(['kill', '--signal', 'USR2', ...ALL.map((name) => loop.container(name))]);
    const pages = async () =>
      (await loop.heard()).filter(({ labels }) => labels['alertname'] === 'RemediationEscalated');
    await until(async () => (await pages()).length > 0, { what: 'the page', withinMs: 60_000 });
    // Held: what is told is told once, and nothing was touched.
    expect((await pages()).map(({ labels }) => labels['reason'])).toEqual(['storm']);
    for (const name of ALL) expect(await loop.events(name, since)).toEqual([]);

    for (const name of ALL) {
      const incident = await loop.incident(name, 'closed', closed, 300_000);
      expect(incident).toMatchObject({ outcome: 'healed', attempts: [{ outcome: 'helped' }] });
      expect(reasons(incident)).toContain('storm');
      expect(await loop.events(name, since)).toEqual(['die', 'start']);
    }
    const starts = await Promise.all(
      ALL.map(async (name) => ({ name, at: Date.parse((await loop.look(name)).startedAt) })),
    );
    const order = starts.toSorted((a, b) => a.at - b.at).map(({ name }) => name.replace(/-\d$/, ''));
    expect(order).toEqual([...DB, ...STOCK, ...WEB].map((name) => name.replace(/-\d$/, '')));

    await loop.quiet();
    const told = await pages();
    expect(new Set(told.map(({ labels }) => labels['reason']))).toEqual(new Set(['storm']));
    expect(told.filter(({ status }) => status === 'firing')).toHaveLength(1);
  });
});
