import type { Loop } from './loop.ts';

/** The alert as Prometheus sends it, for cases that choose its times themselves. */
export function highErrorRate({ stack }: Loop, query: string, startsAt: number, endsInMs: number): object {
  return {
    labels: { alertname: 'HighErrorRate', service: 'api', severity: 'critical', remediation: 'auto' },
    startsAt: new Date(startsAt).toISOString(),
    endsAt: new Date(Date.now() + endsInMs).toISOString(),
    generatorURL: `${stack.addresses.prometheus}/graph?g0.expr=${encodeURIComponent(query)}&g0.tab=1`,
  };
}
