import { freePort } from '@shop/service/testing/free-port';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { tool } from '../../../../scripts/tools.ts';
import { tie } from '../../../supervisor/src/lifeline.ts';
import { type AlertingRule, type PrometheusPort, SignalError } from '../domain/signals.ts';
import { createPrometheus } from './prometheus.ts';
import { always, startFake } from './testing/fake.ts';
import { type Server, startServer } from './testing/server.ts';

const CONFIG = `
global: { scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 1s }
rule_files: [rules.yml]
scrape_configs:
  - job_name: self
    metrics_path: /prometheus/metrics
    static_configs: [{ targets: ['{{address}}'] }]
`;

const RULES = `
groups:
  - name: recording
    rules:
      - { record: 'self:samples:rate7m', expr: 'sum(rate(scrape_samples_scraped[7m]))' }
      - { record: 'self:samples:smooth', expr: 'avg_over_time(self:samples:rate7m[1h] offset 5m)' }
  - name: alerting
    interval: 500ms
    rules:
      - alert: Firing
        expr: up{job="self"} == 1
        labels: { severity: critical }
      - { alert: Pending, expr: 'up{job="self"} == 1', for: 1h, keep_firing_for: 30s }
      - { alert: Quiet, expr: 'self:samples:smooth > 1e9', for: 90s }
      - { alert: Failing, expr: 'label_replace(up, "bad-\\xff", "", "", "") and up == 1' }
      - { alert: Fixed, expr: 'up @ 0 > 0' }
`;

let server: Server;
let prometheus: PrometheusPort;
const servers = new AsyncDisposableStack();

beforeAll(async () => {
  server = servers.use(
    await startServer({
      program: await tool('prometheus'),
      files: { 'prometheus.yml': CONFIG, 'rules.yml': RULES },
      prefix: '/prometheus/',
      args: (folder, address) => [
        `--config.file=${folder}/prometheus.yml`,
        `--storage.tsdb.path=${folder}/data`,
        `--web.listen-address=${address}`,
        '--web.route-prefix=/prometheus/',
      ],
      tie,
    }),
  );
  prometheus = createPrometheus(server.url);
  await eventually(async () => {
    expect(await prometheus.value('count_over_time(up[1m])')).toBeGreaterThanOrEqual(3);
  });
});
afterAll(() => servers.disposeAsync());

const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 15_000, interval: 50 });

async function rule(name: string): Promise<AlertingRule> {
  const found = (await prometheus.rules()).find((one) => one.name === name);
  if (found === undefined) throw new Error(`no rule ${name}`);
  return found;
}

describe('rules', () => {
  test('hold what a proof needs: for, keep_firing_for, interval, query', async () => {
    expect(await rule('Pending')).toMatchObject({
      query: 'up{job="self"} == 1',
      holds: 3_600_000,
      keepFiringFor: 30_000,
      interval: 500,
      range: 0,
    });
  });

  test('list alerts that fire and alerts that are pending, with the labels of the rule', async () => {
    await eventually(async () => {
      const { alerts } = await rule('Firing');
      expect(alerts).toEqual([
        { labels: expect.objectContaining({ alertname: 'Firing', severity: 'critical' }), state: 'firing' },
      ]);
    });
    expect((await rule('Pending')).alerts).toMatchObject([{ state: 'pending' }]);
    expect(await rule('Quiet')).toMatchObject({ alerts: [], healthy: true });
  });

  test('show each evaluation by its time', async () => {
    const before = await rule('Firing');
    expect(Math.abs(Date.now() - before.lastEvaluation)).toBeLessThan(10_000);
    await eventually(async () => {
      const after = await rule('Firing');
      expect(after.lastEvaluation).toBeGreaterThanOrEqual(before.lastEvaluation + 400);
    });
  });

  test('look back as far as the recording rules they use', async () => {
    expect((await rule('Quiet')).range).toBe((7 + 60 + 5) * 60_000);
    expect((await rule('Fixed')).range).toBeNull();
  });

  test('that cannot be evaluated are not healthy', async () => {
    await eventually(async () => expect((await rule('Failing')).healthy).toBe(false));
    expect((await rule('Firing')).healthy).toBe(true);
  });

  test('leave recording rules out', async () => {
    const names = (await prometheus.rules()).map((one) => one.name);
    expect(names.toSorted()).toEqual(['Failing', 'Firing', 'Fixed', 'Pending', 'Quiet']);
  });
});

describe('a value', () => {
  test.each([
    ['up{job="self"}', 1],
    ['42', 42],
    ['vector(1e-7)', 1e-7],
    ['sum(up == 0)', null],
    ['vector(0) / 0', null],
    ['0 / 0', null],
    ['1 / 0', Number.POSITIVE_INFINITY],
    ['vector(-1) / 0', Number.NEGATIVE_INFINITY],
  ])('%s is %s', async (query, value) => {
    expect(await prometheus.value(query)).toBe(value);
  });

  test('of several series is an error that says what to do', async () => {
    await expect(prometheus.value('{__name__=~"go_gc.+|up"}')).rejects.toThrow(
      /yields \d+ series; aggregate it/,
    );
  });

  test('of a query longer than a URL may be', async () => {
    expect(await prometheus.value(`up{job!="${'x'.repeat(100_000)}"}`)).toBe(1);
  });

  test.each(['up[1m]', '"text"'])('of %s is an error', async (query) => {
    await expect(prometheus.value(query)).rejects.toThrow('ask for an instant vector or a scalar');
  });
});

test('series are all there with their labels, for evidence', async () => {
  const series = await prometheus.series('prometheus_http_requests_total{code="200"} or up');
  expect(series.length).toBeGreaterThan(1);
  expect(series).toContainEqual({
    labels: { __name__: 'up', job: 'self', instance: server.url.host },
    value: 1,
  });
});

describe('samples', () => {
  test('come with the times they were scraped at, oldest first', async () => {
    const scrapedAt = (await prometheus.value('timestamp(up{job="self"})')) ?? 0;
    const samples = await prometheus.samples('up{job="self"}', 60_000);
    const times = samples.map(({ at }) => at);
    expect(samples.length).toBeGreaterThanOrEqual(3);
    expect(samples.every(({ value }) => value === 1)).toBe(true);
    expect(times).toContain(Math.round(scrapedAt * 1_000));
    expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
  });

  test('of several series are in one order of time', async () => {
    const samples = await prometheus.samples('{__name__=~"up|scrape_duration_seconds"}', 60_000);
    expect(samples.map(({ at }) => at)).toEqual(samples.map(({ at }) => at).toSorted((a, b) => a - b));
    expect(new Set(samples.map(({ value }) => value)).size).toBeGreaterThan(1);
  });

  test('of nothing are none', async () => {
    expect(await prometheus.samples('up{job="nobody"}', 60_000)).toEqual([]);
  });
});

describe('what goes wrong is a SignalError', () => {
  async function failure(asked: Promise<unknown>): Promise<string> {
    const error: unknown = await asked.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(SignalError);
    return String(error);
  }

  test('a query that is not PromQL: 400 with where and why', async () => {
    expect(await failure(prometheus.value('sum('))).toMatch(/answered 400 .*parse error/);
  });

  test('a query that cannot be carried out: 422 with why', async () => {
    const query = 'up * on() group_left() {__name__=~"up|scrape_duration_seconds"}';
    expect(await failure(prometheus.value(query))).toMatch(/answered 422 .*many-to-many|duplicate series/);
  });

  test('a busy server: 503 with why', async () => {
    const body = JSON.stringify({ status: 'error', errorType: 'timeout', error: 'query timed out' });
    await using busy = await startFake(always(503, body));
    expect(await failure(createPrometheus(busy.url).value('up'))).toContain(
      'answered 503 to api/v1/query: query timed out',
    );
  });

  test('a server that is away', async () => {
    const away = createPrometheus(new URL(`http://127.0.0.1:${await freePort()}`));
    for (const asked of [away.rules(), away.value('up'), away.series('up'), away.samples('up', 1_000)])
      expect(await failure(asked)).toContain('not reachable: connect ECONNREFUSED');
  });

  test('a server that hangs, also in the middle of its answer', async () => {
    await using silent = await startFake(() => {});
    await using halfway = await startFake((_, response) => {
      response.write('{"status":"success",');
    });
    for (const { url } of [silent, halfway])
      expect(await failure(createPrometheus(url, { atMost: 150 }).rules())).toContain(
        'no answer within 150 ms',
      );
  });

  test('an answer in another shape, named by its place', async () => {
    const body = { status: 'success', data: { resultType: 'vector', result: [{ metric: {}, value: [1] }] } };
    await using odd = await startFake(always(200, JSON.stringify(body)));
    expect(await failure(createPrometheus(odd.url).value('up'))).toContain('data.result.0.value');
  });

  test('a native histogram, which is no number', async () => {
    const series = { metric: {}, histogram: [1, { count: '1' }] };
    const body = { status: 'success', data: { resultType: 'vector', result: [series] } };
    await using newer = await startFake(always(200, JSON.stringify(body)));
    expect(await failure(createPrometheus(newer.url).series('h'))).toContain('native histograms');
  });
});
