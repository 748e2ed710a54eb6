import { unmatchedMethods } from '@shop/service/http/router';
import { statusClasses } from '@shop/service/metrics';
import { expect, test } from 'vitest';
import { outcomes } from '../metrics.ts';
import { startApp } from '../testing/harness.ts';

test('every route, method, status class and outcome exists at 0 before the first request', async () => {
  const app = await startApp();
  const { text } = await app.get('/metrics');
  // Hono's own list of what is registered: a route added by any means is in it.
  const registered = app.router.routes.filter(({ path }) => path !== '/*' && path !== '*');
  const expected = new Set(registered.map(({ method, path }) => `method="${method}",route="${path}"`));
  for (const method of [...unmatchedMethods, 'OTHER']) expected.add(`method="${method}",route="unmatched"`);
  expect(expected.size).toBe(unmatchedMethods.length + 1 + 7);
  for (const labels of expected) {
    for (const status of statusClasses)
      expect(text).toContain(`http_requests_total{${labels},status="${status}"} 0\n`);
    expect(text).toContain(`http_request_duration_seconds_count{${labels}} 0\n`);
  }
  for (const outcome of outcomes) expect(text).toContain(`authorisations_total{outcome="${outcome}"} 0\n`);
  expect(text).toContain('http_exceptions_total 0\n');
  await app.stop();
});

test('the log has one JSON line per request and authorisation, under the id that the caller gave', async () => {
  const app = await startApp();
  await app.ask('POST', '/authorisations', {
    body: { amount: 99, currency: 'CHF' },
    headers: { 'idempotency-key': 'logged', 'x-request-id': 'req-1' },
  });
  await app.get('/livez');
  const requests = app.log().filter(({ msg }) => msg !== 'listening');
  expect(requests).toMatchObject([
    { level: 'info', msg: 'authorisation', request_id: 'req-1', amount: 99, currency: 'CHF' },
    {
      service: 'payments',
      msg: 'request',
      request_id: 'req-1',
      route: '/authorisations',
      status: 201,
    },
  ]);
  await app.stop();
});
