import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { until } from '../../scripts/stack/until.ts';
import { ask } from '../bare/support/ask.ts';
import { readDashboards } from '../names/support/grafana.ts';
import { silentPanels } from '../names/support/panels.ts';
import { Loop } from './support/loop.ts';
import { otlpReceiver, received } from './support/otlp-receiver.ts';

/** Of the profile, what can be had everywhere that Debian can. */
const STARTED = [
  'traffic',
  'otel-collector',
  'node-exporter',
  'postgres-exporter',
  'blackbox-exporter',
  'alloy-socket-proxy',
  'cadvisor-socket-proxy',
];
/** No package of these is to be had without a container registry. */
const ABSENT = ['loki', 'tempo', 'alloy', 'grafana', 'cadvisor'];
const CORE = ['api', 'payments', 'prometheus', 'alertmanager', 'alert-bot', 'otlp-receiver', 'people'];

const series = z.object({
  data: z.object({
    result: z.array(
      z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
    ),
  }),
});

describe('docker compose up with the profile all', () => {
  let loop: Loop;
  beforeAll(async () => {
    loop = await Loop.start({
      kind: 'all',
      services: otlpReceiver,
      all: { started: [...CORE, ...STARTED], absent: ABSENT },
    });
  });
  afterAll(() => loop?.stop());

  const query = async (promql: string) => {
    const url = `${loop.addresses.prometheus}/api/v1/query?query=${encodeURIComponent(promql)}`;
    return (await ask(url, series)).data.result.map(({ metric, value }) => ({
      metric,
      value: Number(value[1]),
    }));
  };
  const names = async (promql: string, label: string) =>
    (await query(promql)).map(({ metric }) => metric[label] ?? '').toSorted();

  test('what has a check is healthy, what prepares has ended well', async () => {
    const states = [...(await loop.project.containers())].map(
      ([name, { State }]) => [name, `${State.Status} ${State.Health?.Status ?? State.ExitCode}`] as const,
    );
    const ended = ['tokens', 'postgres-monitoring'];
    const unchecked = ['otel-collector', 'otlp-receiver', 'people'];
    for (const [name, state] of states) {
      const expected = ended.includes(name)
        ? 'exited 0'
        : unchecked.includes(name)
          ? 'running 0'
          : 'running healthy';
      expect(`${name} ${state}`).toBe(`${name} ${expected}`);
    }
    expect(states.map(([name]) => name)).toEqual(expect.arrayContaining(STARTED));
  });

  test('every scrape and every probe succeeds', async () => {
    const jobs = async () => (await names('count by (job) (up)', 'job')).length;
    await until(async () => (await jobs()) === 11 && (await query('up != 1')).length === 0, {
      what: 'every scrape to succeed',
      withinMs: 60_000,
    });
    await until(async () => (await query('probe_success == 1')).length === 4, { what: 'four good probes' });
    expect(await names('probe_success == 1', 'service')).toEqual([
      'alert-bot',
      'api',
      'otel-collector',
      'payments',
    ]);
  });

  test('G8: no `up` but its own carries the name of a service, so that nothing else proves it well', async () => {
    expect(await names('up{service=~"api|payments|alert-bot"}', 'job')).toEqual([
      'alert-bot',
      'api',
      'payments',
    ]);
    expect(await query('up{service="postgres"}')).toEqual([]);
    expect(await query('pg_up{service="postgres"} == 1')).toHaveLength(1);
  });

  test('the exporters tell of the host and of the database, by statement too', async () => {
    await loop.api.get('/transactions?limit=1');
    const told = async (promql: string) =>
      until(async () => (await query(promql)).length > 0, { what: promql, withinMs: 60_000 });
    await told('node_memory_MemAvailable_bytes > 0');
    await told('node_filesystem_avail_bytes{mountpoint="/"} > 0');
    await told('pg_stat_database_xact_commit{datname="shop"} > 0');
    await told('pg_stat_statements_calls_total{datname="shop"} > 0');
    expect(await query('node_network_receive_bytes_total')).toEqual([]);
  });

  test('simulated users use the shop, and Prometheus counts them', async () => {
    const served = 'sum(traffic_requests_total{outcome="ok"}) > 20';
    await until(async () => (await query(served)).length === 1, { what: served, withinMs: 60_000 });
    await until(
      async () => (await query('sum(rate(http_requests_total{service="api"}[30s])) > 2')).length === 1,
      {
        what: 'the api to have users',
        withinMs: 60_000,
      },
    );
  });

  test('no panel is without data, but for parts that cannot be had and troubles that nobody made', async () => {
    // An incident and what comes of it: tests/bare/panels.test.ts.
    const needsTrouble =
      /^(overview \/ What fires|remediation \/ (Reasons in the time shown|Calls to the platform|Time to heal.*|Since it last heard))$/;
    const ofAbsent = /\b(container|loki|tempo)_/;
    const silent = async () =>
      (await silentPanels(loop.addresses.prometheus, readDashboards()))
        .filter(
          ({ panel, queries }) => !needsTrouble.test(panel) && !queries.every((one) => ofAbsent.test(one)),
        )
        .map(({ panel }) => panel);
    await until(async () => (await silent()).length === 0, {
      what: 'every panel to have data',
      withinMs: 180_000,
      everyMs: 3_000,
    }).catch(async () => expect(await silent()).toEqual([]));
  });

  test('the password of the role for statistics stands neither in a statement nor in a log', async () => {
    const secret = (
      await loop.project.exec('postgres', 'cat', '/run/postgres-secrets/monitoring-password')
    ).trim();
    const sql = (text: string) =>
      loop.project
        .exec('postgres', 'psql', '-U', 'shop', '-d', 'shop', '-Atc', text)
        .then((said) => said.trim());
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(await sql(`SELECT count(*) FROM pg_stat_statements WHERE query LIKE '%${secret}%'`)).toBe('0');
    expect(await loop.project.compose('logs', '--no-color')).not.toContain(secret);
    const role = await sql(
      `SELECT rolsuper, rolcreaterole, pg_has_role(rolname, 'pg_monitor', 'member') FROM pg_roles WHERE rolname = 'monitoring'`,
    );
    expect(role).toBe('f|f|t');
    await expect(
      loop.project.exec(
        'postgres',
        'psql',
        '-U',
        'shop',
        '-d',
        'shop',
        '-c',
        `SET ROLE monitoring; SELECT * FROM transactions`,
      ),
    ).rejects.toThrow('permission denied');
  });

  test('the collector takes spans from the api’s network and passes them on, and logs', async () => {
    const id = randomBytes(16).toString('hex');
    const now = `${Date.now()}000000`;
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'api' } }] };
    const span = {
      traceId: id,
      spanId: randomBytes(8).toString('hex'),
      name: 'sent by a test',
      kind: 2,
      startTimeUnixNano: now,
      endTimeUnixNano: now,
    };
    const record = {
      timeUnixNano: now,
      severityText: 'INFO',
      body: { stringValue: 'sent by a test' },
      traceId: id,
    };
    const send = (path: string, body: object) =>
      loop.project.exec(
        'api',
        'node',
        '-e',
        `fetch('http://otel-collector:4318${path}', { method: 'POST', headers: { 'content-type': 'application/json' },
          body: ${JSON.stringify(JSON.stringify(body))} }).then((r) => console.log(r.status))`,
      );
    expect(await send('/v1/traces', { resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] })).toBe(
      '200\n',
    );
    expect(
      await send('/v1/logs', { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [record] }] }] }),
    ).toBe('200\n');

    const arrived = (path: '/v1/traces' | '/otlp/v1/logs') => async () =>
      (await received(loop.project, path, { id }, 'api', 'sent by a test')) === 1;
    await until(arrived('/v1/traces'), { what: 'the span to arrive', everyMs: 500 });
    await until(arrived('/otlp/v1/logs'), { what: 'the log line to arrive', everyMs: 500 });
    const counted = `sum(otelcol_receiver_accepted_spans_total or otelcol_receiver_accepted_spans) > 0`;
    await until(async () => (await query(counted)).length === 1, { what: counted, withinMs: 60_000 });
  });

  test('a purchase is one trace of the api, payments and the database, and the lines they print have its id', async () => {
    const id = randomBytes(16).toString('hex');
    const response = await fetch(`${loop.addresses.api}/transactions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        traceparent: `00-${id}-${randomBytes(8).toString('hex')}-01`,
      },
      body: JSON.stringify({ amount: 1250, currency: 'EUR', description: 'traced' }),
    });
    expect([201, 402, 502]).toContain(response.status);
    const told = (...parts: string[]) =>
      until(async () => (await received(loop.project, '/v1/traces', { id }, ...parts)) > 0, {
        what: `the trace with ${parts.join(', ')}`,
        everyMs: 500,
      });
    await told('POST /transactions', 'service.name', 'api');
    await told('service.name', 'payments');
    await told('pg.query');
    expect(await loop.project.compose('logs', '--no-color', 'api')).toContain(`"trace_id":"${id}"`);
    // By Alloy from what is printed; by OTLP as well, each line would be in Loki twice.
    expect(await received(loop.project, '/otlp/v1/logs', { id })).toBe(0);
  });

  test('in use and with traces, the services are well below their memory limits', async () => {
    const shares = await query(
      'max_over_time(process_resident_memory_bytes{service=~"api|payments"}[1m]) / process_memory_limit_bytes',
    );
    for (const { metric, value } of shares)
      console.log(`${metric['service']}: ${(100 * value).toFixed(0)} % of its limit resident`);
    expect(shares).toHaveLength(2);
    for (const { value } of shares) expect(value).toBeLessThan(0.7);
  });

  test('G12: the api reaches the collector, and neither the probes, which fetch for anyone, nor what is behind', async () => {
    const connect = (address: string) =>
      loop.project.exec('api', 'bash', '-c', `exec 3<>/dev/tcp/${address}`);
    await connect('otel-collector/4318');
    for (const address of [
      'blackbox-exporter/9115',
      'node-exporter/9100',
      'postgres-exporter/9187',
      'tempo/4318',
    ])
      await expect(connect(address), address).rejects.toThrow('failed');
  });

  test('G11: the bot acts on none of what watches, and knows what is protected', async () => {
    const target = z.object({
      id: z.string(),
      service: z.string(),
      optedIn: z.boolean(),
      protectedBecause: z.string().nullable(),
    });
    const token = readFileSync(join(loop.folder, 'admin'), 'utf8').trim();
    const answer = z.object({ targets: z.array(target) });
    const { targets } = await ask(`${loop.addresses.bot}/api/v1/targets`, answer, { token });
    const of = (holds: (one: z.output<typeof target>) => boolean) =>
      targets
        // The engine lists the containers of other tests too.
        .filter(({ id }) => id.startsWith(`docker:service:${loop.project.name}/`))
        .filter(holds)
        .map(({ service }) => service)
        .toSorted();
    expect(of(({ optedIn }) => optedIn)).toEqual(['api', 'payments']);
    const guarded = of(({ protectedBecause }) => protectedBecause !== null);
    expect(guarded).toEqual(
      expect.arrayContaining([
        'alloy-socket-proxy',
        'cadvisor-socket-proxy',
        'node-exporter',
        'socket-proxy',
      ]),
    );
    expect(guarded).not.toContain('api');
  });
});
