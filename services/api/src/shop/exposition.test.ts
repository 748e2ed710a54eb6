import { createRegistry, defineHttpMetrics } from '@shop/service/metrics';
import { expect, test } from 'vitest';
import { between, quantile, readExposition } from './exposition.js';

/** What the services really export, after so many requests of each kind. */
async function exposition(good: number, failed: number, seconds: number): Promise<string> {
  const registry = createRegistry();
  const metrics = defineHttpMetrics(registry);
  const labels = { method: 'GET', route: '/transactions' };
  const answer = (route: typeof labels, status: '2xx' | '5xx') => {
    metrics.requestStarted();
    metrics.requestFinished(route, status, seconds);
  };
  metrics.createSeries(labels);
  for (let n = 0; n < good; n += 1) answer(labels, '2xx');
  for (let n = 0; n < failed; n += 1) answer(labels, '5xx');
  for (const route of ['/livez', '/health', '/metrics']) answer({ method: 'GET', route }, '2xx');
  return registry.metrics();
}

test('requests of users are added up, probes and scrapes are not', async () => {
  const reading = readExposition(await exposition(6, 2, 0.02), 1_000);
  expect(reading).toMatchObject({ at: 1_000, requests: 8, failed: 2 });
  expect(reading.buckets.get(0.01)).toBe(0);
  expect(reading.buckets.get(0.025)).toBe(8);
  expect(reading.buckets.get(Number.POSITIVE_INFINITY)).toBe(8);
  expect(reading.startedAt).toBeGreaterThan(1_700_000_000);
});

test('an exemplar behind a value and a brace within a label are no trouble', () => {
  const text = [
    'http_requests_total{method="GET",route="/a/{b}",status="5xx"} 3 # {trace_id="abc"} 1 1.5',
    'http_request_duration_seconds_bucket{le="0.1",method="GET",route="/a/{b}"} 3 # {trace_id="abc"} 0.05 1.5',
    '# EOF',
  ].join('\n');
  expect(readExposition(text, 0)).toMatchObject({ requests: 3, failed: 3, buckets: new Map([[0.1, 3]]) });
});

test('between two readings there is what was added, and after a restart all of the new process', () => {
  const bucket = (count: number) =>
    new Map([
      [0.1, count],
      [Number.POSITIVE_INFINITY, count],
    ]);
  const before = { at: 0, requests: 100, failed: 50, buckets: bucket(100), startedAt: 1 };
  const after = { at: 5_000, requests: 110, failed: 51, buckets: bucket(110), startedAt: 1 };
  expect(between(before, after)).toEqual({
    at: 5_000,
    up: true,
    restarted: false,
    perSecond: 2,
    success: 0.9,
    p95: 0.095,
  });
  const anew = { at: 5_000, requests: 10, failed: 0, buckets: bucket(10), startedAt: 2 };
  expect(between(before, anew)).toMatchObject({ restarted: true, perSecond: 2, success: 1 });
  expect(between(after, { ...after, at: 10_000 })).toMatchObject({
    perSecond: 0,
    success: undefined,
    p95: undefined,
  });
});

test('a quantile is the one that Prometheus would tell', () => {
  const buckets = [
    { bound: 0.1, count: 80 },
    { bound: 0.5, count: 90 },
    { bound: 1, count: 96 },
    { bound: Number.POSITIVE_INFINITY, count: 100 },
  ];
  expect(quantile(0.4, buckets)).toBeCloseTo(0.05);
  expect(quantile(0.85, buckets)).toBeCloseTo(0.3);
  // Beyond the last bound nobody knows how slow it was.
  expect(quantile(0.99, buckets)).toBe(1);
  expect(quantile(0.95, [])).toBeUndefined();
});
