/**
 * Twenty minutes of purchases at half of the measured maximum, with telemetry on. SOAK_MINUTES sets another length (at
 * least 3): `SOAK_MINUTES=5 npm run test:long -- tests/soak`. What each service keeps is heap and external memory after a
 * garbage collection, ten times a minute; the slope is that of a least-squares line after the warm-up, the first quarter of
 * the time and not before payments has filled its ledger of 10 000 keys. RSS also holds what the allocator does not give
 * back, so it is printed beside it and not judged.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, startApi } from '../support/api.ts';
import { createHeapProbe, type HeapProbe, type Memory, slopePerMinute } from '../support/heap.ts';
import { atRate, flatOut, type LoadResult } from '../support/load.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp.ts';
import { type Payments, startPayments } from '../support/payments.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';

const minutes = Math.max(3, Number(process.env['SOAK_MINUTES'] ?? 20));
const everyMs = 6_000;
const ledgerKeys = 10_000;
const shot = () =>
  ({ method: 'POST', path: '/transactions', body: '{"amount":1250,"currency":"EUR"}' }) as const;

let receiver: OtlpReceiver;
let postgres: Postgres;
let payments: Payments;
let api: Api;
let probes: { api: HeapProbe; payments: HeapProbe };

beforeAll(async () => {
  [receiver, postgres] = await Promise.all([startOtlpReceiver(), startPostgres()]);
  // Nobody keeps what arrives: what grows here would slow down what is measured.
  receiver.behaviour = { kind: 'discard' };
  probes = { api: createHeapProbe(), payments: createHeapProbe() };
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
  payments = await startPayments({
    ...env,
    ...probes.payments.env,
    PAYMENTS_FAILURE_RATE: '0.05',
    PAYMENTS_DECLINE_RATE: '0.02',
  });
  api = await startApi(postgres.url, payments.url, { env: { ...env, ...probes.api.env }, forgetful: true });
});
afterAll(async () => {
  await Promise.all([api?.stop(), payments?.stop()]);
  await Promise.all([postgres?.stop(), receiver?.stop()]);
  probes?.api.remove();
  probes?.payments.remove();
});

test(
  `${minutes} minutes at half of the maximum: memory stays, and only the simulated errors happen`,
  async () => {
    await flatOut(api.url, shot, { connections: 16, seconds: 20 });
    const { rate: maximum } = await flatOut(api.url, shot, { connections: 16, seconds: 20 });
    const perSecond = Math.max(1, Math.floor(maximum / 2));
    await flatOut(api.url, shot, { connections: 16, requests: ledgerKeys });

    const samples: { atMs: number; api: Memory; payments: Memory }[] = [];
    const started = performance.now();
    let done = false;
    const watch = async () => {
      while (!done) {
        const [ours, theirs] = await Promise.all([
          probes.api.measure(api.pid()),
          probes.payments.measure(payments.pid()),
        ]);
        samples.push({ atMs: performance.now() - started, api: ours, payments: theirs });
        await sleep(everyMs);
      }
    };
    const watching = watch();
    const result = await atRate(api.url, shot, { perSecond, seconds: minutes * 60 });
    done = true;
    await watching;

    const fitted = samples.filter(({ atMs }) => atMs > (minutes * 60_000) / 4);
    const slope = (service: 'api' | 'payments', kind: keyof Memory) =>
      slopePerMinute(fitted.map((one) => ({ atMs: one.atMs, bytes: one[service][kind] })));
    const slopes = { api: slope('api', 'heap'), payments: slope('payments', 'heap') };
    const resident = { api: slope('api', 'rss'), payments: slope('payments', 'rss') };
    console.info({ maximum, perSecond, samples: fitted.length, slopes, resident, statuses: result.statuses });

    expect(slopes.api).toBeLessThan(1);
    expect(slopes.payments).toBeLessThan(1);
    expectOnlySimulated(result);
  },
  (minutes + 10) * 60_000,
);

/** 5 % of the charges fail at the gateway (502), 2 % of the others are declined (402); nothing else goes wrong. */
function expectOnlySimulated({ statuses, latencies }: LoadResult): void {
  expect([...statuses.keys()].filter((status) => ![201, 402, 502].includes(status))).toEqual([]);
  expect((statuses.get(502) ?? 0) / latencies.length).toBeLessThan(0.07);
  expect((statuses.get(402) ?? 0) / latencies.length).toBeLessThan(0.04);
}
