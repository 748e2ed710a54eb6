import { startApi } from '../../tests/support/api.ts';
import { type LoadResult, quantile, type Shot } from '../../tests/support/load.ts';

/** Traces, logs and exemplars; `sampled` is the share of the requests that is traced. */
export const signals = (receiver: string, sampled: number): Record<string, string> => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: receiver,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
  OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
  OTEL_TRACES_SAMPLER_ARG: String(sampled),
});

/** An api on this database and gateway, a process of its own that is ended with the scope. */
export async function startShop(databaseUrl: string, gateway: string, env: Record<string, string> = {}) {
  const api = await startApi(databaseUrl, gateway, { env, forgetful: true });
  return { url: api.url, [Symbol.asyncDispose]: () => api.stop() };
}

const body = JSON.stringify({ amount: 1_250, currency: 'EUR', description: 'tea' });
const headers = { 'content-type': 'application/json' };

export const purchase = (): Shot => ({ method: 'POST', path: '/transactions', body, headers });
export const batch = (mode: string): Shot => ({
  method: 'POST',
  path: '/transactions/batch',
  body: JSON.stringify({ n: 20, mode }),
  headers,
});

/** A rate of failures is no rate: every other answer ends the run. */
export function allWell(what: string, load: LoadResult, expected = 201): LoadResult {
  const others = [...load.statuses].filter(([status]) => status !== expected);
  if (others.length > 0 || load.latencies.length === 0)
    throw new Error(
      `${what}: answers by status were ${JSON.stringify([...load.statuses])}, all must be ${expected}`,
    );
  return load;
}

export const p50 = (load: LoadResult): number => quantile(load, 0.5);
export const p99 = (load: LoadResult): number => quantile(load, 0.99);
