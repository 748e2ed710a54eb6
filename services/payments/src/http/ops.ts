import type { RequestContext, Route } from '@shop/service/http/route';
import type { Ledger } from '../authorisations/ledger.ts';
import type { Metrics } from '../metrics.ts';

export interface OpsDeps {
  ledger: Ledger;
  metrics: Metrics;
}

/** What machines and on-call people ask. Faults never apply here. */
export function opsRoutes({ ledger, metrics }: OpsDeps): Route[] {
  const livez = (c: RequestContext) => c.json({ status: 'ok' });
  // It depends on nothing, so there is nothing deeper to ask.
  const health = (c: RequestContext) => c.json({ status: 'ok', keys: ledger.size() });
  const exposition = async (c: RequestContext) =>
    c.body(await metrics.text(), 200, { 'content-type': metrics.contentType });

  return [
    { method: 'GET', path: '/livez', handle: livez, quiet: true },
    { method: 'GET', path: '/health', handle: health },
    { method: 'GET', path: '/metrics', handle: exposition, quiet: true },
  ];
}
